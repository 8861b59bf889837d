import Testing

@testable import Web

@Suite struct LocalPathTests {
    @Test(arguments: ["/", "/cart", "/orders/ord_1?status=paid", "/a//b", "/login?next=%2Fcart"])
    func `a path on this site is kept`(path: String) {
        #expect(LocalPath.safe(path) == path)
    }

    @Test(arguments: [
        "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "",
        "evil", "/\t/evil.example", "/a\r\nSet-Cookie: x=1", "\\\\evil", " /cart", "/课程",
        "/" + String(repeating: "a", count: 3_000),
    ])
    func `another site is not`(path: String) {
        #expect(LocalPath.safe(path) == "/")
    }

    @Test func `a query is changed in place`() {
        #expect(LocalPath.setting([("lang", "en")], in: "/x") == "/x?lang=en")
        #expect(LocalPath.setting([("lang", "en")], in: "/x?a=1&lang=zh") == "/x?a=1&lang=en")
        #expect(LocalPath.setting([("cursor", nil)], in: "/x?cursor=9") == "/x")
    }

    @Test func `a referrer counts only from here`() {
        let from = LocalPath.referrer(
            "http://shop.example:8080/cart?a=1", host: "shop.example:8080")
        #expect(from == "/cart?a=1")
        #expect(LocalPath.referrer("http://evil.example/cart", host: "shop.example") == nil)
        #expect(
            LocalPath.referrer("http://shop.example//evil.example", host: "shop.example") == nil)
        #expect(LocalPath.referrer(nil, host: "shop.example") == nil)
    }
}
