/// Keys and signatures made by OpenSSL for these tests and used nowhere else.
enum OpenSSL {
    /// 2048 bits; its private half signed `app_id=1&total_amount=1.00` three times below.
    static let publicKey = """
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2eG7fl9V6zD5D8WKeh6ltoJvNGMc51iTU/tn\
        2Fno52xeE4kt6yZFN9TO0iT06DM/5gDGqvxxv9EXNqxlT8PhmTPdJ/faVVfXArTc6EIKbQYjvH+29LB8\
        25/moAAutezzcd9qpKFnWqRJnJ6HlS65bl5UwnRVNbV5/YmR7vmtpfSA/BnwzKRFr4U9l0CKdA9ED3jM\
        98zb679KK/HhiQ95qXE7oa5TLpftb7cbxGY/mkH1Jro39uSEtx+Kxu7bktBIYC7LHElMeu6zDhQ7ddE6\
        FoR1V6diKO5p5qLjX358jyW3eYjnMwIchPFhNuGEepkgwcWptS1x+fTa5jL8Pl3gBwIDAQAB
        """

    /// PKCS#1 v1.5 with SHA-256.
    static let sha256 = """
        wuehc/9N+C/NoMz6jVbBuOGsgysPa1h8WmYGwANtO3XHxYr+maLHpT8PUYc5NX9PrwEZzz/0cv2e9P+c\
        hbsiZ3Yhr1GF9rDUUVpI4S0+/N5RmIb/AiZx93wH1ZwX4IQT6Zh68p8TyuA0s4lW2MfW29SFulPjDUrk\
        s7r0dbN2QaJS4MEN7DJk7VbCkdL7gm0EtBq8pwLbIlSzfQ3PR0xKbvqWNCtAapvvkAb22r9ITvFmukY+\
        mlS7We6A5GJ3vrZKpafvG4PM9ECAB+x/1Azqbylnpn2s/8TLED4kn0oj6cpNKqwZWzD+I3bl61iVPJBh\
        Ykqyl3XU9jQ6AuS+RaCFLQ==
        """

    /// PKCS#1 v1.5 with SHA-1.
    static let sha1 = """
        XIZjYYYFma+/P/0+GIumwFLKFgSa4u3G3DcKKz/nedWPZAtt8i3c4kai70a6CBqNwqX8+dV+stEBRj21\
        NUqX/G0YU0ZxVKCqidL+vRvU7ZjggPAIO6uE0KlFjyJjIBBVo1m0NvWhESP0LoAqLU0fZ5YMibriB2TS\
        tpA6fMa93oJgobfQDzIKbanoV990NjXPn4fWal07UlCiGpE7Z24NTSFeHLJdP6sMvdWwPALTWVpQqtnw\
        cJg1BoXDNPqoeEbgyR1T2XjvRSPP0yorIpNMxMThLhmfqgxOOnblEegEabW6OhSW/gH641bJuJDVqYvY\
        ey8qkjfpgv//YmkAvpvTjQ==
        """

    /// PSS with SHA-256.
    static let pss = """
        niYEfOnrZOEw1Q8va0WDsfHyT6rGNiaMnJijFVBUk42Bbaw9qJL0z9lW3qMq2O4nijywGJ+hCRLi20vY\
        dbuMRQPLgsipHCmtlBzDNmaeND5b0sk/eiDmVv4U69QmehaljmfQKX5mgl5aJMDLDiRwja5ksoBHksRA\
        QxAU/S43Tcz2YGJ8CdvN/ZaE+xwjeolmVj3fYEKXlJaaZd5P/vX7DHfyM2Swph3JfftDoBIb0b1zxvAw\
        1aMbXO2dT4yM2j+V5XusTI6nBENfs7qvbV5iVPHxrQQleAtppYpM24bWnoKlneyTP2xb2PmQAAHBE8OF\
        ioUj8T3OsbSg1DZCdt99Qg==
        """

    /// RSA of 1024 bits.
    static let private1024 = """
        MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBANAFjOxJCiSmQRXHk1x1OjZMdZS7/AwX\
        mlBmACMGDP3yDRlGnBX9njimcPCV/AvPL1C4gdJanC4Phq7usSRjXkZPWcCOeOl4A3bf/hmbY+LlScwT\
        kA4KBCdd8XUcP/X9ek3a/89kWlBsORMmbbBzhhvbuiR60ZtLHO+1JK86OklvAgMBAAECgYEAhTRorw1+\
        T0Weu8GWnUf7xLVlPZ66oUuj5wPJ5qODQkHzHVJXtMU4wfHitEx2n2FGXRwpFXgsNlp+1hnGmRSAUsFV\
        t4o2dkzQb9ksMETmXlUPqjWZwkcjKBekTiJrToGq/bxo94l/wScgKwC6HHqxB0GBuYdrRXZjMJ+viopV\
        LYECQQD3EG57iQAQtBZ/cWpbhoO1j9IJuf1G0TeHAnRJlu8sTwLdl6TLJ1ESbMz+bnbmiTtsZshc4ycm\
        RvGOLnE7amdhAkEA14ufymfyp+TsooEiXYg30cJmP3HaPvA65Csm/k3oo8ARUoyC9naI3ibJpWwISwLk\
        TJKyn2WPc0rakhR5J9fyzwJAK9bpk9gaf9xExbZtRfJXeqcbgQhUrfU/4iAIXGqA5B7dBk77OeUvGJLf\
        ySH2zS96sOCIGxtffgZGpJEPHJjj4QJACi62ZcFzXSsbYrHnBbQhru8YFXczcDW5En5XYTwc+V9hchzh\
        MvN2k8gRTpdD7Qc98cAcYBtUI4YtvSjqcE9rUQJAJPHeslecr2gpUHktPQvGNbHBMZ53b68CMDGn+o1b\
        GXllPktj2MNbjm4ARONitVPcyQZBo0wPD01+WQz4DdZQQw==
        """

    static let public1024 = """
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDQBYzsSQokpkEVx5NcdTo2THWUu/wMF5pQZgAjBgz9\
        8g0ZRpwV/Z44pnDwlfwLzy9QuIHSWpwuD4au7rEkY15GT1nAjnjpeAN23/4Zm2Pi5UnME5AOCgQnXfF1\
        HD/1/XpN2v/PZFpQbDkTJm2wc4Yb27oketGbSxzvtSSvOjpJbwIDAQAB
        """

    /// No RSA key at all.
    static let elliptic = """
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggMeUB/yHs6a+QpN/nGUJkENssDob+XBc\
        ZhVGigYRADyhRANCAASMWUOeCNeswj8XBdxYMG5Q7FBtRpmueTwLJrAP2wJYCn5KtejuJfVC/qPLn/vq\
        I7/P0Z2HnOnjlnGT5m4F1xZj
        """
}
