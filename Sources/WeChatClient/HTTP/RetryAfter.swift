package import RelayCore

/// What an answer's `Retry-After` header asks for (RFC 9110 §10.2.3).
package enum RetryAfter: Equatable, Sendable {
    case delay(Duration)
    case date(WallTime)

    /// Reads the header's value: seconds, or a date in the form that RFC 9110 prescribes for senders
    /// (`Sun, 06 Nov 1994 08:49:37 GMT`); nil for anything else, the obsolete forms of dates included.
    init?(_ value: UnsafeRawBufferPointer) {
        if let seconds = DecimalText.parse(value.bytes) {
            self = .delay(.seconds(seconds))
        } else if let date = RetryAfter.imfFixdate(value) {
            self = .date(date)
        } else {
            return nil
        }
    }

    /// How long to wait from `now`; never negative.
    package func delay(from now: WallTime) -> Duration {
        switch self {
        case .delay(let duration): duration
        case .date(let date): max(.zero, date - now)
        }
    }

    private static func imfFixdate(_ text: UnsafeRawBufferPointer) -> WallTime? {
        func number(_ range: Range<Int>) -> Int? {
            DecimalText.parse(UnsafeRawBufferPointer(rebasing: text[range]).bytes).map { Int($0) }
        }
        guard text.count == 29, text[3] == UInt8(ascii: ","), text[25...].elementsEqual(" GMT".utf8) else { return nil }
        guard
            let day = number(5..<7), let year = number(12..<16), let hour = number(17..<19),
            let minute = number(20..<22), let second = number(23..<25),
            let month = months.firstIndex(where: { text[8..<11].elementsEqual($0.utf8) })
        else { return nil }
        guard (1...31).contains(day), year >= 1_970, hour < 24, minute < 60, second <= 60 else { return nil }
        // Days since 1970-01-01 with the year counted from March, so that the leap day is its last (H. Hinnant's method).
        let shifted = month < 2 ? year - 1 : year
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = shifted / 400 * 146_097 + dayOfEra - 719_468
        return WallTime(milliseconds: Int64((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000))
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
