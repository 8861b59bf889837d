// swift-tools-version: 6.2
import PackageDescription

// `ls Sources` is the architecture: Kernel <- Wire, Delivery <- Platform <- Businesses <- kontor.
// Every arrow is an import the compiler checks (--explicit-target-dependency-import-check error).

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// One library and its tests, at the place its tier says.
func library(
    _ tier: String, _ name: String, _ uses: [Target.Dependency] = [],
    embeds: Bool = false, tests: [Target.Dependency]? = []
) -> [Target] {
    let exclude = tier == "Businesses" ? ["README.md"] : []
    var targets: [Target] = [
        .target(
            name: name, dependencies: uses, path: "Sources/\(tier)/\(name)",
            exclude: exclude + (embeds ? ["Templates"] : []),
            swiftSettings: strict, plugins: embeds ? ["EmbedFiles"] : [])
    ]
    if let tests {
        targets.append(
            .testTarget(
                name: "\(name)Tests",
                dependencies: [.target(name: name)] + tests + uses.filter { !$0.isProduct },
                path: "Tests/\(tier)/\(name)Tests",
                exclude: tier == "Wire" && name != "WireKit" ? ["Vectors"] : [],
                swiftSettings: strict))
    }
    return targets
}

extension Target.Dependency {
    var isProduct: Bool { if case .productItem = self { true } else { false } }

    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let hummingbirdHTTP2 = product(name: "HummingbirdHTTP2", package: "hummingbird")
    static let mustache = product(name: "Mustache", package: "swift-mustache")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras = product(name: "CryptoExtras", package: "swift-crypto")
    static let x509 = product(name: "X509", package: "swift-certificates")
    static let asn1 = product(name: "SwiftASN1", package: "swift-asn1")
    static let jwt = product(name: "JWTKit", package: "jwt-kit")
    static let httpClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "CoreMetrics", package: "swift-metrics")
    static let tracing = product(name: "Tracing", package: "swift-distributed-tracing")
    static let inMemoryTracing = product(
        name: "InMemoryTracing", package: "swift-distributed-tracing")
    static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let nio = product(name: "NIOCore", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let system = product(name: "SystemPackage", package: "swift-system")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
}

let kernel: [Target.Dependency] = ["Basics", "Money", "Store", "Ledger", "Scheduling"]
let web: [Target.Dependency] = kernel + ["Web", .hummingbird]
let platform: [Target.Dependency] = web + ["Identity", "Promotions", "Payments", "Checkout"]

/// A business: one folder that may use everything below and no other business.
func business(_ name: String) -> [Target] {
    library("Businesses", name, platform, embeds: true, tests: ["TestKit"])
}

let package = Package(
    name: "kontor",
    platforms: [.macOS(.v15)],
    // What others depend on. The program is none of these (here it is built all the same), so that
    // who uses a library fetches its dependencies and not the server's.
    products: [
        .library(name: "Alipay", targets: ["Alipay"]),
        .library(name: "WeChatPay", targets: ["WeChatPay"]),
    ],
    traits: [
        .trait(name: "PostgreSQL", description: "The PostgreSQL engine; needs libpq."),
        .default(enabledTraits: ["PostgreSQL"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(
            url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CSQLite", path: "Sources/Kernel/CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
        .systemLibrary(
            name: "CLibPQ", path: "Sources/Kernel/CLibPQ", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .executableTarget(name: "embed-files", path: "Sources/Build/embed-files"),
        .plugin(
            name: "EmbedFiles", capability: .buildTool(), dependencies: ["embed-files"],
            path: "Plugins/EmbedFiles"),
        .target(
            name: "TestKit",
            dependencies: [
                "Basics", "Store", "Web", "CSQLite", .logging,
                .target(name: "CLibPQ", condition: .when(traits: ["PostgreSQL"])),
            ], path: "Tests/TestKit",
            swiftSettings: strict),
        .target(name: "WireTestKit", path: "Tests/Wire/WireTestKit", swiftSettings: strict),
        // The guides' examples, compiled as in a package of somebody else.
        .target(
            name: "AlipayExample", dependencies: ["Alipay", .httpClient],
            path: "Tests/Wire/AlipayExample", packageAccess: false, swiftSettings: strict),
        .target(
            name: "WeChatPayExample", dependencies: ["WeChatPay", .httpClient],
            path: "Tests/Wire/WeChatPayExample", packageAccess: false, swiftSettings: strict),
        .target(
            name: "Simulation",
            dependencies: ["Basics", "Money", "Web", "Payments", "Alipay"],
            path: "Sources/Simulation", swiftSettings: strict),
        .executableTarget(
            name: "kontor",
            dependencies: platform + [
                "Books", "Courses", "Sandbox", "Simulation", "Alipay", "WeChatPay", .arguments,
                .lifecycle,
                .configuration,
                .logging, .httpClient, .nio, .nioPosix, .system, .signals, .metrics,
            ],
            path: "Sources/kontor", swiftSettings: strict),
        .testTarget(
            name: "kontorTests",
            dependencies: platform + [
                "kontor", "Courses", "Sandbox", "Simulation", "Alipay", "WeChatPay", "TestKit",
                .httpClient, .nio, .nioHTTP1,
                .nioSSL, .logging,
            ],
            path: "Tests/kontorTests", exclude: ["Certificate"], swiftSettings: strict),
        .testTarget(name: "TidyTests", path: "Tests/TidyTests", swiftSettings: strict),
    ]
        + library("Kernel", "Basics")
        + library("Kernel", "Money", ["Basics"])
        + library(
            "Kernel", "Store",
            [
                "Basics", "CSQLite",
                .target(name: "CLibPQ", condition: .when(traits: ["PostgreSQL"])), .logging,
            ], tests: ["TestKit"])
        + library("Kernel", "Ledger", ["Basics", "Money", "Store"], tests: ["TestKit"])
        + library(
            "Kernel", "Scheduling", ["Basics", "Store", .logging, .lifecycle], tests: ["TestKit"])
        + library("Wire", "WireKit", [.cryptoExtras, .crypto, .httpClient, .nio, .nioSSL])
        + library(
            "Wire", "Alipay",
            ["WireKit", .crypto, .cryptoExtras, .x509, .asn1, .httpClient, .nio, .nioHTTP1],
            tests: ["WireTestKit", "AlipayExample", .httpClient])
        + library(
            "Wire", "WeChatPay",
            ["WireKit", .crypto, .cryptoExtras, .x509, .asn1, .httpClient, .nio, .nioHTTP1],
            tests: ["WireTestKit", "WeChatPayExample", .crypto, .httpClient, .nio, .nioPosix])
        + library(
            "Delivery", "Web",
            kernel + [
                .hummingbird, .hummingbirdCore, .hummingbirdHTTP2, .nioSSL, .nio, .mustache,
                .crypto, .metrics, .logging, .tracing, .lifecycle,
            ],
            embeds: true,
            tests: [
                "TestKit", .tracing, .inMemoryTracing, .httpClient, .nio, .nioHTTP1, .nioSSL,
                .lifecycle,
                .logging,
            ])
        + library(
            "Platform", "Identity", web + ["WeChatPay", .jwt, .cryptoExtras], embeds: true,
            tests: ["TestKit"])
        + library("Platform", "Promotions", web + ["Identity"], embeds: true, tests: ["TestKit"])
        + library(
            "Platform", "Payments", web + ["Identity", "Alipay", "WeChatPay", .logging],
            embeds: true, tests: ["TestKit", .logging])
        + library(
            "Platform", "Books", web + ["Identity"], embeds: true, tests: ["TestKit", .logging])
        + library(
            "Platform", "Checkout", web + ["Identity", "Promotions", "Payments"], embeds: true,
            tests: ["TestKit"])
        + business("Courses")
        + library(
            "Businesses", "Sandbox",
            web + [
                "Identity", "Alipay", "WeChatPay", "WireKit", .httpClient, .crypto, .cryptoExtras,
            ],
            embeds: true, tests: nil)
)
