/// A growing array whose elements are read and changed where they lie.
///
/// What an `Array` lends through a subscript of our own goes through a coroutine, whose frame is allocated at each access
/// that is not inlined; with optional chaining none is. Here the subscript is an address.
struct InPlaceArray<Element: Sendable>: ~Copyable, @unchecked Sendable {
    // Owned by this value alone, which cannot be copied.
    private var elements: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 4
        elements = .allocate(capacity: capacity)
    }

    var indices: Range<Int> { 0..<count }

    subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress { address(of: index) }
        @inline(__always) unsafeMutableAddress { mutableAddress(of: index) }
    }

    /// Where an element lies until the next one is appended: for the addressors of what is built of such arrays.
    @inline(__always) func address(of index: Int) -> UnsafePointer<Element> {
        precondition(index >= 0 && index < count, "index out of range")
        return UnsafePointer(elements + index)
    }

    /// As `address(of:)`, to change the element.
    @inline(__always) mutating func mutableAddress(of index: Int) -> UnsafeMutablePointer<Element> {
        precondition(index >= 0 && index < count, "index out of range")
        return elements + index
    }

    mutating func append(_ element: consuming Element) {
        if count == capacity {
            let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
            larger.moveInitialize(from: elements, count: count)
            elements.deallocate()
            elements = larger
            capacity *= 2
        }
        (elements + count).initialize(to: element)
        count += 1
    }

    /// Puts another element into the place of one: with less copying than an assignment.
    mutating func replace(_ index: Int, with element: consuming Element) {
        let place = mutableAddress(of: index)
        place.deinitialize(count: 1)
        place.initialize(to: element)
    }

    deinit {
        elements.deinitialize(count: count)
        elements.deallocate()
    }
}
