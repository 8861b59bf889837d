#!/usr/bin/env bash
# Makes the certificates of these tests with OpenSSL, as Alipay's console gives them. Throw-away keys,
# used nowhere else. What is here was made once; run it again only to change them.
set -euo pipefail
cd "$(dirname "$0")"
rm -f ./*.pem ./*.key
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# name subject extensions issuer [days] [digest] [not before]
make() {
    local name=$1 subject=$2 extensions=$3 issuer=$4 days=${5:-36500} digest=${6:-sha256}
    [ -f "$name.key" ] || openssl genrsa -out "$name.key" 2048 2>/dev/null
    openssl req -new -utf8 -key "$name.key" -subj "$subject" -out "$folder/request"
    printf '%b' "$extensions" >"$folder/extensions"
    local signer=(-CA "$folder/$issuer.pem" -CAkey "$issuer.key" -set_serial "0x$(openssl rand -hex 15 | sed 's/^./5/')")
    [ "$issuer" = "$name" ] && signer=(-signkey "$name.key")
    openssl x509 -req -in "$folder/request" "${signer[@]}" "-$digest" -days "$days" \
        -extfile "$folder/extensions" -out "$folder/$name.pem" 2>/dev/null
}
# name + the certificates that issued it
bundle() { for part in "$@"; do cat "$folder/$part.pem"; done >"$1.pem"; }

ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
leaf='basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n'
us='/C=CN/O=Kontor Test Alipay/OU=Alipay/CN=Kontor Test Alipay-2088'

make root '/C=CN/O=Kontor Test Financial/OU=Certification Authority/CN=Kontor Test Root R1' "$ca" root
make class2 '/C=CN/O=Kontor Test Financial/OU=Certification Authority/CN=Kontor Test Class 2 R1' "$ca" root
make app '/C=CN/O=Kontor Test Merchant/OU=2088/CN=2021000117650139' "$leaf" class2
make alipay "$us" "$leaf" class2
make next "$us" "$leaf" class2
make merchant '/C=CN/O=Some Other Merchant/OU=2088/CN=2021' "$leaf" class2
# The same names under a root of somebody else's.
make strange-root '/C=CN/O=Kontor Test Financial/OU=Certification Authority/CN=Kontor Test Root R1' "$ca" strange-root
make strange-class2 '/C=CN/O=Kontor Test Financial/OU=Certification Authority/CN=Kontor Test Class 2 R1' "$ca" strange-root
make forged "$us" "$leaf" strange-class2
# Issued by a merchant, who is no authority.
make usurped "$us" "$leaf" merchant
make sha1 "$us" "$leaf" class2 36500 sha1
make shortlived "$us" "$leaf" class2 30
bundle app class2
bundle alipay class2
bundle next class2
cp "$folder/next.pem" next-alone.pem
bundle merchant class2
bundle forged strange-class2
bundle usurped merchant class2
bundle sha1 class2
bundle shortlived class2

# The roots' file begins with one that is not RSA, as the real one does.
openssl ecparam -name prime256v1 -genkey -noout -out "$folder/ec.key"
openssl req -x509 -new -key "$folder/ec.key" -sha256 -days 36500 \
    -subj '/C=CN/O=Kontor Test/CN=Kontor Test EC Root' -out "$folder/ec.pem"
cat "$folder/ec.pem" "$folder/root.pem" >roots.pem
cp "$folder/ec.pem" ec.pem
rm -f root.key class2.key strange-root.key strange-class2.key
