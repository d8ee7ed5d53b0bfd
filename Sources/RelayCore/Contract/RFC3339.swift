/// Points in time as RFC 3339 writes them, in the proleptic Gregorian calendar.
package enum RFC3339 {
    /// The time that the text names, cut to milliseconds; nil when the text is no RFC 3339 `date-time`.
    ///
    /// `T` and `Z` may be small; a zone is required. The second 60 is read as the first moment of the next minute, and
    /// only where UTC can have a leap second: at the end of a day.
    package static func parse(_ text: RawSpan) -> WallTime? {
        var cursor = DateTimeCursor()
        guard let year = cursor.number(text, digits: 4), cursor.take(.minus, text),
            let month = cursor.number(text, digits: 2), cursor.take(.minus, text),
            let day = cursor.number(text, digits: 2), cursor.take(letter: "T", text),
            let hour = cursor.number(text, digits: 2), cursor.take(.colon, text),
            let minute = cursor.number(text, digits: 2), cursor.take(.colon, text),
            let second = cursor.number(text, digits: 2),
            let millisecond = cursor.fraction(text),
            let zone = cursor.zoneMinutes(text), cursor.position == text.byteCount,
            (1...12).contains(month), (1...daysIn(month: month, of: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = daysFromCivil(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - zone * 60
        if second == 60, seconds % 86_400 != 0 { return nil }
        return WallTime(milliseconds: seconds * 1_000 + millisecond)
    }

    /// Appends the time as `2024-02-29T12:34:56.789Z`.
    ///
    /// A time outside the years 0000 to 9999, which RFC 3339 cannot write, is given as the nearest one inside.
    package static func append(_ time: WallTime, into bytes: inout [UInt8]) {
        let milliseconds = min(max(time.milliseconds, earliest), latest)
        let days = floorDivision(milliseconds, 86_400_000)
        let ofDay = milliseconds - days * 86_400_000
        let (year, month, day) = civil(fromDays: days)
        append(year, digits: 4, then: .minus, into: &bytes)
        append(month, digits: 2, then: .minus, into: &bytes)
        append(day, digits: 2, then: UInt8(ascii: "T"), into: &bytes)
        append(ofDay / 3_600_000, digits: 2, then: .colon, into: &bytes)
        append(ofDay / 60_000 % 60, digits: 2, then: .colon, into: &bytes)
        append(ofDay / 1_000 % 60, digits: 2, then: .point, into: &bytes)
        append(ofDay % 1_000, digits: 3, then: UInt8(ascii: "Z"), into: &bytes)
    }

    /// The time as text, in the form of `append`.
    package static func string(_ time: WallTime) -> String {
        var bytes: [UInt8] = []
        append(time, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// 0000-01-01T00:00:00.000Z.
    private static let earliest: Int64 = -62_167_219_200_000
    /// 9999-12-31T23:59:59.999Z.
    private static let latest: Int64 = 253_402_300_799_999

    private static func daysIn(month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. The year is counted from March, so that a leap day is its last day (Howard Hinnant's
    /// `days_from_civil`).
    private static func daysFromCivil(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivision(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The inverse of `daysFromCivil`.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivision(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func floorDivision(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        dividend >= 0 ? dividend / divisor : (dividend - divisor + 1) / divisor
    }

    private static func append(_ value: Int64, digits: Int, then separator: UInt8, into bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(.digitZero + UInt8(value / divisor % 10))
            divisor /= 10
        }
        bytes.append(separator)
    }
}

/// Reads the parts of a date and time from left to right.
private struct DateTimeCursor {
    var position = 0

    mutating func take(_ byte: UInt8, _ text: RawSpan) -> Bool {
        guard position < text.byteCount, text.byte(at: position) == byte else { return false }
        position += 1
        return true
    }

    /// Takes the letter, capital or small.
    mutating func take(letter: Unicode.Scalar, _ text: RawSpan) -> Bool {
        let capital = UInt8(ascii: letter)
        return take(capital, text) || take(capital | 0x20, text)
    }

    mutating func number(_ text: RawSpan, digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit(text) else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The milliseconds of an optional fraction of any length; nil for a point without a digit.
    mutating func fraction(_ text: RawSpan) -> Int64? {
        guard take(.point, text) else { return 0 }
        guard let tenths = digit(text) else { return nil }
        var milliseconds = tenths * 100
        var weight: Int64 = 10
        while let digit = digit(text) {
            milliseconds += digit * weight
            weight /= 10
        }
        return milliseconds
    }

    /// How far the zone is ahead of UTC.
    mutating func zoneMinutes(_ text: RawSpan) -> Int64? {
        if take(letter: "Z", text) { return 0 }
        let isAhead = take(.plus, text)
        guard isAhead || take(.minus, text), let hours = number(text, digits: 2), hours < 24, take(.colon, text),
            let minutes = number(text, digits: 2), minutes < 60
        else { return nil }
        return isAhead ? hours * 60 + minutes : -(hours * 60 + minutes)
    }

    private mutating func digit(_ text: RawSpan) -> Int64? {
        guard position < text.byteCount, text.byte(at: position).isDigit else { return nil }
        position += 1
        return Int64(text.byte(at: position - 1) - .digitZero)
    }
}
