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

/// A package of its own, so that nobody who builds the relay builds its benchmarks.
///
/// `Sources/RelayCore` is a link to the core's sources: its declarations have `package` access, which a dependency's
/// user has not, and no more than the core and its collections is built.
let package = Package(
    name: "wxrelay-benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0")
    ],
    targets: [
        .target(
            name: "RelayCore",
            dependencies: [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "CoreBenchmark",
            dependencies: ["RelayCore", .product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: strict
        ),
    ]
)
