import Hummingbird
import Testing

@testable import Web

/// What cookies allow, on the wire.
@Suite struct CookieTests {
    @Test(arguments: [false, true])
    func `a session's cookie is no script's and stays on its site`(isSecure: Bool) {
        for cookie in [
            SessionCookie.make("secret", maxAge: 60, isSecure: isSecure),
            SessionCookie.clearing(isSecure: isSecure),
            Flash.good("done").cookie(isSecure: isSecure), Flash.clearing(isSecure: isSecure),
        ] {
            let flags = Self.flags(of: cookie.description)
            #expect(flags.isSuperset(of: ["httponly", "samesite=lax", "path=/"]), "\(cookie)")
            #expect(flags.contains("secure") == isSecure, "\(cookie)")
        }
    }

    @Test func `no cookie that a page sets is a script's`() async throws {
        try await Greeter.lend { greeter in
            let page = try await greeter.get("/hello?lang=en")
            let set = page.headers.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
            #expect(set.count == 2)
            for cookie in set {
                #expect(Self.flags(of: cookie).isSuperset(of: ["httponly", "samesite=lax"]))
            }
        }
    }

    private static func flags(of cookie: String) -> Set<String> {
        Set(
            cookie.lowercased().split(separator: ";").dropFirst().map {
                String($0.drop { $0 == " " })
            })
    }
}
