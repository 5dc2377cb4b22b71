//! The clock and the system's randomness, which are named here alone, and seeded stand-ins for tests.

use crate::model::{Random, Timestamp};

/// What the engine knows of the world: a claimed time and random bytes.
pub struct Env {
    clock: Clock,
    random: Source,
}

enum Clock {
    System,
    Fixed(Timestamp),
}

enum Source {
    System,
    Seeded(Box<blake3::OutputReader>),
}

impl Default for Env {
    fn default() -> Env {
        Env { clock: Clock::System, random: Source::System }
    }
}

impl Env {
    /// Makes an environment whose randomness follows from a seed and whose clock stands still. For simulations: keys
    /// made in it are no secrets.
    pub fn seeded(seed: u64, now: Timestamp) -> Env {
        let mut hasher = blake3::Hasher::new_derive_key("repertoire 1 seeded randomness");
        hasher.update(&seed.to_le_bytes());
        Env { clock: Clock::Fixed(now), random: Source::Seeded(Box::new(hasher.finalize_xof())) }
    }

    /// Returns the claimed time for what is written now.
    pub fn now(&self) -> Timestamp {
        match self.clock {
            Clock::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Clock::Fixed(now) => now,
        }
    }

    /// Claims this time from now on; none = the system's clock.
    pub fn set_clock(&mut self, now: Option<Timestamp>) {
        self.clock = now.map_or(Clock::System, Clock::Fixed);
    }

    /// Returns fresh random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl Random for Env {
    fn fill(&mut self, bytes: &mut [u8]) {
        match &mut self.random {
            Source::System => getrandom::fill(bytes).expect("the system gives random bytes"),
            Source::Seeded(reader) => reader.fill(bytes),
        }
    }
}

/// Writes an instant as RFC 3339 in UTC, whole seconds where it has no fraction.
pub fn rfc3339(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(|_| format!("{} ms", time.0), |time| time.to_string())
}

/// Reads an RFC 3339 instant, a date (its start in UTC), or a span back from `now` (`7d`, `3h`, `2w`).
pub fn parse_instant(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(instant.as_millisecond()));
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        return Some(Timestamp(start.timestamp().as_millisecond()));
    }
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let unit_ms: i64 = match unit {
        'h' => 3_600_000,
        'd' | 'j' => 86_400_000,
        'w' | 's' => 7 * 86_400_000,
        _ => return None,
    };
    Some(Timestamp(now.0.checked_sub(count.checked_mul(unit_ms)?)?))
}

/// Reads until when something holds: the end of a day in UTC, or an instant.
pub fn parse_until(text: &str) -> Option<Timestamp> {
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let end = date.tomorrow().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        return Some(Timestamp(end.timestamp().as_millisecond() - 1));
    }
    Some(Timestamp(text.parse::<jiff::Timestamp>().ok()?.as_millisecond()))
}

/// Returns the end of the day so many months from now, in UTC.
pub fn months_later(now: Timestamp, months: i64) -> Option<Timestamp> {
    let today = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = today.checked_add(jiff::Span::new().try_months(months).ok()?).ok()?;
    parse_until(&day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_three_forms() {
        let now = parse_instant("2026-03-02T08:00:00Z", Timestamp(0)).expect("an instant");
        assert_eq!(rfc3339(now), "2026-03-02T08:00:00Z");
        assert_eq!(parse_instant("2026-03-02", now).map(rfc3339).as_deref(), Some("2026-03-02T00:00:00Z"));
        assert_eq!(parse_instant("1d", now), Some(Timestamp(now.0 - 86_400_000)));
        assert_eq!(parse_instant("soon", now), None);
        assert_eq!(parse_instant("99999999999999999999d", now), None);
        assert_eq!(parse_instant("", now), None);
    }

    #[test]
    fn a_day_holds_until_its_end() {
        let until = |text: &str| parse_until(text).map(rfc3339);
        assert_eq!(until("2026-03-02").as_deref(), Some("2026-03-02T23:59:59.999Z"));
        assert_eq!(until("2026-03-02T08:00:00Z").as_deref(), Some("2026-03-02T08:00:00Z"));
        assert_eq!(until("later"), None);
        let now = parse_instant("2025-08-31T08:00:00Z", Timestamp(0)).expect("an instant");
        assert_eq!(months_later(now, 6).map(rfc3339).as_deref(), Some("2026-02-28T23:59:59.999Z"));
        assert_eq!(months_later(now, i64::MAX), None);
    }

    #[test]
    fn seeds_repeat() {
        let draw = |seed| Env::seeded(seed, Timestamp(0)).bytes::<8>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
