// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Tests run against optimised code and need not be optimised themselves, which takes longer than running them.
let tests: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// Swift's libraries are linked in: a message costs some twentieth less CPU than with the shared ones, and the binary runs where
/// no Swift is. Foundation's static archives refer to each other in a ring, hence the group.
let selfContained: [LinkerSetting] = [
    .unsafeFlags(
        ["-static-stdlib", "-Xlinker", "--start-group"]
            + [
                "Foundation", "FoundationInternationalization", "FoundationEssentials", "CoreFoundation",
                "_FoundationICU",
                "_FoundationCShims", "_FoundationCollections", "BlocksRuntime", "dispatch",
            ].map { "-l\($0)" } + ["-Xlinker", "--end-group"],
        .when(platforms: [.linux], configuration: .release)
    )
]

let package = Package(
    name: "wxrelay",
    products: [
        .executable(name: "wxrelay", targets: ["wxrelay"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CEpoll"),
        .target(
            name: "Kafka",
            dependencies: ["CRdKafka", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict + [.strictMemorySafety()]
        ),
        .target(
            name: "Sockets",
            dependencies: [
                "CEpoll",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "RelayCore",
            dependencies: [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "WeChatClient",
            dependencies: [
                "RelayCore", "Sockets",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FakeWeChat",
            dependencies: [
                "RelayCore",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "RelayConfiguration",
            dependencies: ["RelayCore", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict
        ),
        .target(
            name: "Relay",
            dependencies: [
                "Kafka", "RelayCore", "Sockets", "WeChatClient", "RelayConfiguration",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "wxrelay",
            dependencies: [
                "Kafka", "RelayCore", "Sockets", "WeChatClient", "FakeWeChat", "RelayConfiguration", "Relay",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict,
            linkerSettings: selfContained
        ),
        .testTarget(
            name: "RelayCoreTests",
            dependencies: ["RelayCore"],
            resources: [.copy("Fixtures")],
            swiftSettings: tests
        ),
        .testTarget(
            name: "KafkaTests",
            dependencies: ["Kafka", .product(name: "Logging", package: "swift-log")],
            swiftSettings: tests
        ),
        .testTarget(
            name: "SocketsTests",
            dependencies: ["Sockets", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: tests
        ),
        .testTarget(
            name: "WeChatClientTests",
            dependencies: [
                "WeChatClient", "RelayCore", "FakeWeChat", "Sockets",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            resources: [.copy("Fixtures")],
            swiftSettings: tests
        ),
        .testTarget(
            name: "FakeWeChatTests",
            dependencies: ["FakeWeChat", "RelayCore", .product(name: "Logging", package: "swift-log")],
            swiftSettings: tests
        ),
        .testTarget(
            name: "RelayConfigurationTests",
            dependencies: ["RelayConfiguration", "RelayCore"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "RelayTests",
            dependencies: ["Relay", "Kafka", "RelayConfiguration"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Kafka", "RelayCore", "FakeWeChat", .product(name: "Logging", package: "swift-log")],
            swiftSettings: tests
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: ["Kafka", "FakeWeChat", .product(name: "Logging", package: "swift-log")],
            exclude: ["Fixtures"],
            swiftSettings: tests
        ),
        .executableTarget(
            name: "RelaySimulation",
            dependencies: ["RelayCore", .product(name: "HeapModule", package: "swift-collections")],
            path: "Tests/RelaySimulation",
            exclude: ["Mutants"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "CrashTest",
            dependencies: ["Kafka", "RelayCore", "FakeWeChat", .product(name: "Logging", package: "swift-log")],
            path: "Tests/CrashTest",
            swiftSettings: strict
        ),
        .testTarget(
            name: "CrashCheckerTests",
            dependencies: ["CrashTest", "FakeWeChat"],
            swiftSettings: tests
        ),
        .testTarget(name: "HouseTests", swiftSettings: tests),
    ]
)
