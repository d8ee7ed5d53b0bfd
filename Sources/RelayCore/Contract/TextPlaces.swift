/// Where the texts of a record's headers, or of its envelope's members, lie in the decoder's buffer, each in a place by its number.
///
/// A record says little of all that it could, so a bit tells of each place whether it is taken: most questions end there, and
/// to forget a record is to forget the bits.
struct TextPlaces: Sendable {
    private var ranges: [Range<Int>]
    private var taken: UInt32 = 0

    init(count: Int) {
        precondition(count <= UInt32.bitWidth, "\(count) places")
        ranges = [Range<Int>](repeating: 0..<0, count: count)
    }

    mutating func removeAll() {
        taken = 0
    }

    mutating func set(_ place: Int, _ range: Range<Int>) {
        ranges[place] = range
        taken |= Self.bits(place...place)
    }

    subscript(place: Int) -> Range<Int>? {
        hasAny(in: place...place) ? ranges[place] : nil
    }

    @inline(__always)
    func hasAny(in places: ClosedRange<Int>) -> Bool {
        taken & Self.bits(places) != 0
    }

    /// The first of the places that is taken; with an empty text only if that counts.
    func first(in places: ClosedRange<Int>, takesEmpty: Bool) -> (place: Int, range: Range<Int>)? {
        guard hasAny(in: places) else { return nil }
        for place in places {
            if let range = self[place], takesEmpty || !range.isEmpty { return (place, range) }
        }
        return nil
    }

    /// All below the next place, without those below the first one.
    @inline(__always)
    private static func bits(_ places: ClosedRange<Int>) -> UInt32 {
        (2 &<< UInt32(truncatingIfNeeded: places.upperBound)) &- (1 &<< UInt32(truncatingIfNeeded: places.lowerBound))
    }
}
