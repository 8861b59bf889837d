import Testing

@testable import Web

@Suite struct LocaleTests {
    @Test(arguments: [
        ("zh-CN,zh;q=0.9,en;q=0.8", AppLocale.zhHans), ("en-GB, zh;q=0.1", .en), ("en", .en),
        ("fr, en;q=0.3, zh;q=0.7", .zhHans), ("zh-Hant", .zhHans), ("EN-us", .en),
        ("zh;q=0, en;q=0.1", .en), ("zh ; q=0.2 , en ; q=0.4", .en),
    ])
    func `the best language is taken`(header: String, locale: AppLocale) {
        #expect(AppLocale(acceptLanguage: header) == locale)
    }

    @Test(arguments: ["", "fr", "*", "de;q=1", "zh;q=0", ";;,,", "en;q=none"])
    func `a language that nobody speaks is none`(header: String) {
        #expect(AppLocale(acceptLanguage: header) == nil)
    }
}
