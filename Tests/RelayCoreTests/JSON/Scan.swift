import RelayCore

/// All that one scan of an object says, with the bytes that it says it of.
struct Scan {
    struct Member: Equatable {
        let name: JSONElement
        let value: JSONElement
    }

    let bytes: [UInt8]
    private(set) var members: [Member]?
    private(set) var place: JSONObjectPlace?
    private(set) var problem: JSONProblem?

    init(_ bytes: [UInt8], _ strictness: JSONStrictness) {
        self.bytes = bytes
        var found: [Member] = []
        do throws(JSONProblem) {
            place = try JSONScanner.scanObject(bytes.span.bytes, strictness) { name, value in
                found.append(Member(name: name, value: value))
            }
            members = found
        } catch {
            problem = error
        }
    }

    init(_ text: String, _ strictness: JSONStrictness) {
        self.init(Array(text.utf8), strictness)
    }

    func string(_ element: JSONElement) -> String {
        JSONText.string(bytes.span.bytes, element)
    }

    func integer(_ element: JSONElement) -> Int64? {
        JSONText.integer(bytes.span.bytes, element)
    }

    func equals(_ element: JSONElement, _ ascii: StaticString) -> Bool {
        JSONText.equals(bytes.span.bytes, element, ascii)
    }

    static func isValid(_ bytes: [UInt8]) -> Bool {
        JSONScanner.isValid(bytes.span.bytes)
    }

    static func isValid(_ text: String) -> Bool {
        isValid(Array(text.utf8))
    }
}
