//! The rows of a terminal that show a copy: layers, those that move before all others, and the total.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use regcli::digest::Digest;
use regcli::transfer::{Event, Headway, Tally};
use unicode_width::UnicodeWidthChar;

use super::lines::{finished, from_on, moving, skipped};
use super::total::{self, Total};
use super::{Direction, docker_words, layers, safe};

/// How much of a cause is shown, in characters.
const CAUSE_MAX: usize = 40;

/// How long it is shown at least that a connection broke.
const NOTICED: Duration = Duration::from_secs(1);

/// How long it is shown in place of the bar where a layer goes on.
const READ: Duration = Duration::from_secs(2);

/// What stands on a row with a bar besides the bar, in columns.
const BESIDE_A_BAR: usize = 63;

/// From so many columns on there is room for a bar, and how long it gets at most.
const WITH_A_BAR: usize = 75;
const BAR_MAX: usize = 40;

/// How large a terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) lines: usize,
}

/// All layers of an image, and how far each is.
pub(super) struct Rows {
    direction: Direction,
    tally: Tally,
    /// In the order in which they are shown.
    rows: Vec<Row>,
    places: HashMap<Digest, usize>,
    /// Those that are on the terminal, from the top down, if there is no room for all.
    shown: Vec<usize>,
}

/// One layer.
struct Row {
    digest: Digest,
    state: State,
}

enum State {
    Waiting,
    Moving,
    /// The same, but something happened to it, which is shown until then: its connection broke, or it went on
    /// where an earlier attempt had got to.
    Noticed(String, Instant),
    /// With these words.
    Ended(Cow<'static, str>),
}

impl State {
    /// How much it is worth to be seen; 0 is the most.
    fn rank(&self) -> u8 {
        match self {
            Self::Moving | Self::Noticed(..) => 0,
            Self::Waiting => 1,
            Self::Ended(_) => 2,
        }
    }
}

impl Row {
    fn is_moving(&self) -> bool {
        self.state.rank() == 0
    }
}

impl Rows {
    pub(super) fn new(direction: Direction) -> Self {
        let (tally, rows, places, shown) = Default::default();
        Self { direction, tally, rows, places, shown }
    }

    /// Takes notice of an event that came at `now`.
    pub(super) fn take(&mut self, event: &Event, now: Instant) {
        self.tally.take(event, now);
        match event {
            Event::Planned { blobs, .. } => self.plan(layers(blobs)),
            Event::Skipped { digest, reason } => {
                self.change(digest, State::Ended(skipped(self.direction, reason).into()));
            }
            Event::Started { digest, offset: 0, .. } => self.change(digest, State::Moving),
            Event::Started { digest, offset, .. } => {
                let words = from_on(moving(self.direction), *offset);
                self.change(digest, State::Noticed(words, now + READ));
            }
            Event::Advanced { .. } => {}
            Event::Interrupted { digest, wait, cause, .. } => {
                let cause = safe::safe_start(cause, CAUSE_MAX);
                let words = format!("{} ({cause})", docker_words::retrying_in(*wait));
                self.change(digest, State::Noticed(words, now + NOTICED.max(*wait)));
            }
            Event::Finished { digest } => self.change(digest, State::Ended(finished(self.direction).into())),
        }
    }

    /// A row for each layer, in the order of the image; docker shows the top one first when it pushes.
    fn plan(&mut self, mut digests: Vec<Digest>) {
        if self.direction == Direction::Push {
            digests.reverse();
        }
        for digest in digests {
            self.places.insert(digest.clone(), self.rows.len());
            self.rows.push(Row { digest, state: State::Waiting });
        }
    }

    /// Layers have rows, configs and manifests have none.
    fn change(&mut self, digest: &Digest, state: State) {
        if let Some(place) = self.places.get(digest) {
            self.rows[*place].state = state;
        }
    }

    /// What is to be seen on a terminal of this size: a line of it is left for what stands above.
    pub(super) fn on(&mut self, size: Size, now: Instant) -> Vec<String> {
        let total = Total::of(&self.tally, self.rows.iter().map(|row| &row.digest), now);
        let room = size.lines.saturating_sub(1 + usize::from(total.is_some())).max(1);
        self.choose(room);
        let rows = self.shown.iter().map(|place| self.row(&self.rows[*place], size.columns, now));
        let mut lines: Vec<String> = rows.collect();
        if let Some(mut total) = total {
            if self.direction == Direction::Verify {
                total.unit = "blobs";
            }
            lines.truncate(size.lines.saturating_sub(2));
            lines.push(clipped(&total_row(&total, size.columns), size.columns));
        }
        lines
    }

    /// The lines of the layers that have ended, which stay when all else is gone.
    pub(super) fn ended(&self) -> String {
        // Of a whole store only what is wrong is worth a line, and that is the command's result.
        if self.direction == Direction::Verify {
            return String::new();
        }
        let line = |row: &Row| match &row.state {
            State::Ended(words) => Some(docker_words::layer(&row.digest, words) + "\n"),
            _ => None,
        };
        self.rows.iter().filter_map(line).collect()
    }

    /// Sees to it that at most `room` layers are shown, among them those that move. A row keeps its line as
    /// long as it moves, so that nothing jumps.
    fn choose(&mut self, room: usize) {
        if self.rows.len() <= room {
            self.shown = (0..self.rows.len()).collect();
            return;
        }
        if self.shown.len() > room {
            // Of what has to go, what stands still goes first.
            let mut surplus = self.shown.len() - room;
            let rows = &self.rows;
            self.shown.retain(|place| {
                let goes = surplus > 0 && !rows[*place].is_moving();
                surplus -= usize::from(goes);
                !goes
            });
            self.shown.truncate(room);
        }
        let mut hidden: Vec<usize> =
            (0..self.rows.len()).filter(|place| !self.shown.contains(place)).collect();
        hidden.sort_by_key(|place| self.rows[*place].state.rank());
        for place in hidden {
            if self.shown.len() < room {
                self.shown.push(place);
            } else if self.rows[place].is_moving()
                && let Some(line) = self.replaceable()
            {
                self.shown[line] = place;
            } else {
                return;
            }
        }
    }

    /// The line of a layer that has ended, or else of one that waits.
    fn replaceable(&self) -> Option<usize> {
        let rank = |line: &usize| self.rows[self.shown[*line]].state.rank();
        let lines = (0..self.shown.len()).filter(|line| rank(line) > 0);
        lines.max_by_key(|line| (rank(line), Reverse(*line)))
    }

    fn row(&self, row: &Row, columns: usize, now: Instant) -> String {
        let text = match &row.state {
            State::Waiting => docker_words::layer(&row.digest, docker_words::WAITING),
            State::Ended(words) => docker_words::layer(&row.digest, words),
            State::Noticed(words, until) if now < *until => docker_words::layer(&row.digest, words),
            State::Moving | State::Noticed(..) => {
                let word = moving(self.direction);
                match self.tally.headway_of(&row.digest, now) {
                    Some(headway) => moving_row(&row.digest, word, &headway, columns),
                    None => docker_words::layer(&row.digest, word),
                }
            }
        };
        clipped(&text, columns)
    }
}

fn moving_row(digest: &Digest, word: &str, headway: &Headway, columns: usize) -> String {
    let id = digest.short();
    if columns >= WITH_A_BAR {
        return format!("{id}: {word:11} {}", bar_and_figures(headway, columns));
    }
    let size = total::size(headway);
    let whole = format!("{id}: {word:11} {size}");
    let short = format!("{id}: {size}");
    if whole.len() <= columns {
        whole
    } else if short.len() <= columns {
        short
    } else {
        // Half a figure is a wrong one.
        format!("{id}: {}%", u128::from(headway.position) * 100 / u128::from(headway.size.max(1)))
    }
}

fn total_row(total: &Total, columns: usize) -> String {
    let Total { headway, .. } = total;
    if columns >= WITH_A_BAR {
        return format!("{:<25} {}", total.layers(), bar_and_figures(headway, columns));
    }
    // As many figures as there is room for.
    let figures = [total::size(headway), total::speed(headway), total::left(headway)];
    let mut row = total.layers();
    for figure in figures.iter().filter(|figure| !figure.is_empty()) {
        if row.len() + 2 + figure.len() <= columns {
            row += &format!("  {figure}");
        }
    }
    row
}

/// `[=====>    ] 36.45kB/3.501MB 45.6MB/s 6s` with its columns below one another.
fn bar_and_figures(headway: &Headway, columns: usize) -> String {
    let length = (columns - BESIDE_A_BAR).min(BAR_MAX);
    format!(
        "[{}] {:>17} {:>11} {:>4}",
        bar(headway, length),
        total::size(headway),
        total::speed(headway),
        total::left(headway)
    )
}

/// `=====>    `, full only when nothing is left.
fn bar(headway: &Headway, length: usize) -> String {
    let full = u128::from(headway.position) * length as u128 / u128::from(headway.size.max(1));
    let full =
        if headway.position == headway.size { length } else { usize::try_from(full).unwrap_or(length) };
    let head = if full < length { ">" } else { "" };
    format!("{:<length$}", "=".repeat(full.min(length)) + head)
}

/// As much of a line as fits.
fn clipped(line: &str, columns: usize) -> String {
    let mut width = 0;
    let fits = |c: &char| {
        width += c.width().unwrap_or_default();
        width <= columns
    };
    line.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use regcli::image::{Descriptor, MediaType};
    use unicode_width::UnicodeWidthStr;

    use super::*;

    /// Layers of 50 MB, of which nothing has moved.
    fn planned(layers: usize, direction: Direction) -> (Rows, Instant) {
        let mut rows = Rows::new(direction);
        let now = Instant::now();
        let blob = |layer| Descriptor::new(MediaType::OCI_LAYER_GZIP, digest(layer), 50_000_000);
        let mut blobs = vec![Descriptor::new(MediaType::OCI_CONFIG, Digest::sha256(b"config"), 500)];
        blobs.extend((0..layers).map(blob));
        rows.take(&Event::Planned { blobs, bytes: 0 }, now);
        (rows, now)
    }

    fn digest(layer: usize) -> Digest {
        Digest::sha256(&layer.to_le_bytes())
    }

    fn start(layer: usize) -> Event {
        Event::Started { digest: digest(layer), offset: 0, size: 50_000_000 }
    }

    fn advance(layer: usize, bytes: u64) -> Event {
        Event::Advanced { digest: digest(layer), bytes }
    }

    fn finish(layer: usize) -> Event {
        Event::Finished { digest: digest(layer) }
    }

    fn interrupt(layer: usize, cause: &str) -> Event {
        let wait = Duration::from_secs(3);
        Event::Interrupted { digest: digest(layer), attempt: 1, wait, cause: cause.to_owned() }
    }

    fn size(columns: usize, lines: usize) -> Size {
        Size { columns, lines }
    }

    /// The line that a layer is on.
    fn line_of(lines: &[String], layer: usize) -> Option<usize> {
        lines.iter().position(|line| line.starts_with(digest(layer).short()))
    }

    #[test]
    fn the_total_is_below_the_layers_while_bytes_flow() {
        let (mut rows, now) = planned(3, Direction::Pull);
        let [one, two, three] = [0, 1, 2].map(|layer| digest(layer).short().to_owned());
        let waiting = [format!("{one}: Waiting"), format!("{two}: Waiting"), format!("{three}: Waiting")];
        assert_eq!(rows.on(size(100, 30), now), waiting);
        rows.take(&Event::Skipped { digest: digest(0), reason: regcli::transfer::Skip::Present }, now);
        rows.take(&start(1), now);
        let now = now + Duration::from_secs(2);
        rows.take(&advance(1, 20_000_000), now);
        let expected = [
            format!("{one}: Already exists"),
            format!("{two}: Downloading [==============>                      ]         20MB/50MB      10MB/s   3s"),
            format!("{three}: Waiting"),
            "1/3 layers                [=================>                   ]        70MB/150MB      10MB/s   9s"
                .to_owned(),
        ];
        assert_eq!(rows.on(size(100, 30), now), expected);
        rows.take(&finish(1), now);
        rows.take(&finish(2), now);
        rows.take(&Event::Finished { digest: Digest::sha256(b"config") }, now);
        let ended = format!("{one}: Already exists\n{two}: Download complete\n{three}: Download complete\n");
        assert_eq!(rows.on(size(100, 30), now).join("\n") + "\n", ended);
        assert_eq!(rows.ended(), ended);
    }

    #[test]
    fn a_narrow_terminal_gets_the_figures_that_it_has_room_for() {
        let (mut rows, now) = planned(2, Direction::Push);
        rows.take(&start(1), now);
        let now = now + Duration::from_secs(2);
        rows.take(&advance(1, 12_345_678), now);
        let [one, two] = [0, 1].map(|layer| digest(layer).short().to_owned());
        for (columns, moving, total) in [
            (74, ": Pushing     12.35MB/50MB", "0/2 layers  12.35MB/100MB  6.173MB/s  15s"),
            (40, ": Pushing     12.35MB/50MB", "0/2 layers  12.35MB/100MB  6.173MB/s"),
            (30, ": 12.35MB/50MB", "0/2 layers  12.35MB/100MB  15s"),
            (20, ": 24%", "0/2 layers  15s"),
        ] {
            let expected = [
                // The top layer first.
                format!("{two}{moving}"),
                format!("{one}: Waiting").chars().take(columns).collect(),
                total.to_owned(),
            ];
            assert_eq!(rows.on(size(columns, 10), now), expected, "{columns}");
        }
    }

    #[test]
    fn of_more_layers_than_lines_those_that_move_are_seen_and_stay_where_they_are() {
        let (mut rows, mut now) = planned(80, Direction::Pull);
        let mut moving: Vec<usize> = Vec::new();
        let mut places = HashMap::new();
        for layer in (0..80).rev() {
            rows.take(&start(layer), now);
            moving.push(layer);
            if moving.len() > 16 {
                let ended = moving.remove(7);
                rows.take(&finish(ended), now);
                places.remove(&ended);
            }
            let lines = rows.on(size(80, 24), now);
            assert_eq!(lines.len(), 23, "a line is left for what stands above");
            assert!(lines[22].contains(" layers "), "{lines:#?}");
            for layer in &moving {
                let line = line_of(&lines, *layer).expect("what moves is seen");
                assert_eq!(*places.entry(*layer).or_insert(line), line, "it does not jump");
            }
            now += Duration::from_millis(100);
        }
        let lines = rows.on(size(80, 10), now);
        assert_eq!(lines.len(), 9);
        assert!(lines[..8].iter().all(|line| line.contains(": Downloading ")), "{lines:#?}");
        assert_eq!(rows.on(size(80, 24), now).len(), 23, "and back");
        assert_eq!(rows.on(size(80, 200), now).len(), 81);
    }

    #[test]
    fn a_broken_connection_is_seen_until_it_is_tried_again() {
        let (mut rows, now) = planned(1, Direction::Pull);
        rows.take(&start(0), now);
        rows.take(&interrupt(0, "unexpected \u{1b}[2J EOF"), now);
        let shown =
            |rows: &mut Rows, seconds| rows.on(size(80, 24), now + Duration::from_secs(seconds))[0].clone();
        let id = digest(0).short().to_owned();
        assert_eq!(shown(&mut rows, 2), format!("{id}: Retrying in 3 seconds (unexpected \\u{{1b}}[2J EOF)"));
        assert!(shown(&mut rows, 4).contains(": Downloading ["), "a segment begins without a word");
        rows.take(&interrupt(0, "镜像".repeat(40).as_str()), now);
        assert!(rows.on(size(40, 24), now)[0].width() <= 40);
    }

    #[test]
    fn a_layer_that_goes_on_says_from_where_before_it_gets_its_bar() {
        let (mut rows, now) = planned(2, Direction::Pull);
        rows.take(&Event::Started { digest: digest(0), offset: 12_345_678, size: 50_000_000 }, now);
        rows.take(&start(1), now);
        let id = digest(0).short().to_owned();
        for columns in [100, 50] {
            let lines = rows.on(size(columns, 24), now + Duration::from_secs(1));
            assert_eq!(lines[0], format!("{id}: Downloading (from 12.35MB on)"));
            assert!(!lines[1].contains("from"), "{lines:#?}");
        }
        assert!(rows.on(size(20, 24), now)[0].width() <= 20);
        let lines = rows.on(size(100, 24), now + Duration::from_secs(2));
        assert!(lines[0].contains(": Downloading [=========>"), "{lines:#?}");
    }

    #[test]
    fn nothing_is_wider_or_longer_than_the_terminal() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..100 {
            let (mut rows, mut now) = planned(random.usize(..60), Direction::Copy);
            for _ in 0..30 {
                let layer = random.usize(..60);
                let event = match random.u8(..5) {
                    0 => start(layer),
                    1 | 2 => advance(layer, random.u64(..) >> random.u32(..64)),
                    3 => interrupt(layer, "镜像仓库"),
                    _ => finish(layer),
                };
                rows.take(&event, now);
                now += Duration::from_millis(random.u64(..2000));
                let on = size(random.usize(1..120), random.usize(1..40));
                let lines = rows.on(on, now);
                assert!(lines.len() <= on.lines.saturating_sub(1).max(1), "{on:?} {lines:#?}");
                assert!(lines.iter().all(|line| line.width() <= on.columns), "{on:?} {lines:#?}");
            }
        }
    }
}
