//! The rows of a terminal that show a copy: the layers, preferably those that move, and the total.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use regcli::digest::Digest;
use regcli::image::Platform;
use regcli::transfer::Event;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr as _};

use super::canvas::Size;
use super::images::Image;
use super::kept::kept;
use super::lines::{complete, finished, moving, skipped};
use super::tally::{Headway, Tally};
use super::total::{self, Total};
use super::{Direction, End, layers};
use crate::ui::format::wrap::wrapped;
use crate::ui::format::{docker_words, safe, units};

/// The maximum length of a shown cause, in characters.
const CAUSE_MAX: usize = 40;

/// The maximum length of a platform's name, in characters.
const PLATFORM_MAX: usize = 16;

/// How long a broken connection is shown at least.
const NOTICED: Duration = Duration::from_secs(1);

/// The maximum length of a bar.
const BAR_MAX: usize = 40;

/// The width of everything beside a bar on its row.
const BESIDE_A_BAR: usize = 64;

/// The minimum widths of a row with a bar, the rate, the word, the bytes, and the time left. They depend on
/// the terminal and not on the figures, so that all rows look alike at all times.
const WITH_A_BAR: usize = 75;
const WITH_THE_RATE: usize = 61;
const WITH_A_WORD: usize = 51;
const WITH_BYTES: usize = 39;
const WITH_THE_TIME: usize = 23;

/// All layers of an image, with the progress of each.
pub(super) struct Rows {
    direction: Direction,
    /// The image, if it is one of several.
    image: Option<Image>,
    tally: Tally,
    labels: Labels,
    /// The rows in display order.
    rows: Vec<Row>,
    places: HashMap<Digest, usize>,
    /// The number of layers that needed no bytes.
    spared: usize,
    begun: Option<Instant>,
    /// The rows on the terminal, from the top down, if there is no room for all.
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
    /// Bytes move again after a broken connection, which is shown until then.
    Noticed(String, Instant),
    /// The layer has arrived.
    Finished,
    /// The layer needed no bytes, for the reason in these words.
    Skipped(String),
}

impl State {
    /// Returns the priority of a row on the terminal; 0 is the highest.
    fn rank(&self) -> u8 {
        match self {
            Self::Moving | Self::Noticed(..) => 0,
            Self::Waiting => 1,
            Self::Finished | Self::Skipped(_) => 2,
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
        let (tally, labels, rows, places, shown) = Default::default();
        Self { direction, image: None, tally, labels, rows, places, spared: 0, begun: None, shown }
    }

    /// Returns the same for one of the images of a command. The total is that of all of them.
    pub(super) fn among(self, image: Option<Image>) -> Self {
        Self { image, ..self }
    }

    /// Records an event of the time `now`.
    pub(super) fn take(&mut self, event: &Event, now: Instant) {
        self.tally.take(event, now);
        if let Some(image) = &self.image {
            image.take(event, now);
        }
        self.begun.get_or_insert(now);
        match event {
            Event::Planned { blobs, platforms, .. } => {
                let layers = layers(blobs);
                self.labels = Labels::new(&layers, platforms);
                self.plan(layers);
            }
            Event::Skipped { digest, reason } => {
                self.spared += usize::from(self.places.contains_key(digest));
                self.change(digest, State::Skipped(skipped(self.direction, reason)));
            }
            Event::Started { digest, .. } => self.change(digest, State::Moving),
            Event::Interrupted { digest, attempt, wait, cause }
                if self.tally.interrupt(digest, *attempt, now + *wait) =>
            {
                let cause = safe::safe_start(cause, CAUSE_MAX);
                let words = format!("{} ({cause})", docker_words::retrying_in(*wait));
                self.change(digest, State::Noticed(words, now + NOTICED.max(*wait)));
            }
            Event::Advanced { .. } | Event::Interrupted { .. } => {}
            Event::Finished { digest } => self.change(digest, State::Finished),
        }
    }

    /// Creates a row for each layer, in the order of the image. Docker shows the top one first in a push.
    fn plan(&mut self, mut digests: Vec<Digest>) {
        if self.direction == Direction::Push {
            digests.reverse();
        }
        for digest in digests {
            self.places.insert(digest.clone(), self.rows.len());
            self.rows.push(Row { digest, state: State::Waiting });
        }
    }

    /// Changes the state of a layer. Configs and manifests have no row.
    fn change(&mut self, digest: &Digest, state: State) {
        if let Some(place) = self.places.get(digest) {
            self.rows[*place].state = state;
        }
    }

    /// Returns the lines for a terminal of this size. One line of it is left for the output above.
    pub(super) fn on(&mut self, size: Size, now: Instant) -> Vec<String> {
        let total = match &self.image {
            Some(image) => image.total(now),
            None => Total::of(&self.tally, self.rows.iter().map(|row| &row.digest), now),
        };
        let room = size.lines.saturating_sub(1 + usize::from(total.is_some())).max(1);
        self.choose(room);
        let rows = self.shown.iter().map(|place| self.row(&self.rows[*place], size.columns, now));
        let mut lines: Vec<String> = rows.collect();
        if let Some(mut total) = total {
            if self.direction == Direction::Verify {
                total.unit = "blobs";
            }
            lines.truncate(size.lines.saturating_sub(2));
            let (labels, room) = self.room(size.columns);
            lines.push(clipped(&total_row(&total, labels, room), size.columns));
        }
        lines
    }

    /// Returns the lines that stay on the terminal after the end.
    pub(super) fn left(&self, end: &End, columns: usize, now: Instant) -> String {
        // Verifying a store only prints damage, which is the command's result.
        if self.direction == Direction::Verify {
            return String::new();
        }
        let is_left = |row: &&Row| *end == End::Interrupted || row.state.rank() == 2;
        let line = |row: &Row| match (&row.state, complete(self.direction)) {
            (State::Finished, Some(words)) if *end == End::Done => self.labelled(&row.digest, words, columns),
            _ => self.row(row, columns, now),
        };
        let mut lines: Vec<String> = self.rows.iter().filter(is_left).map(line).collect();
        lines.extend(self.last_line(end, now).map(|line| wrapped(&line, columns, 0)));
        lines.iter().map(|line| line.clone() + "\n").collect()
    }

    /// Describes what an unfinished copy has kept.
    pub(super) fn kept(&self, end: &End) -> Option<String> {
        let sums = self.tally.sums();
        kept(self.direction, &sums, Some(sums.bytes), end)
    }

    /// Returns a summary of what was moved, or that the copy was interrupted. The error of a failed copy has
    /// its own hint about that.
    fn last_line(&self, end: &End, now: Instant) -> Option<String> {
        match end {
            End::Done => self.summary(now),
            End::Failed { .. } => None,
            End::Interrupted => self.interrupted(),
        }
    }

    /// Returns what the interrupt of this copy, or of all copies of the command, leaves.
    fn interrupted(&self) -> Option<String> {
        let all = self.image.as_ref().and_then(|image| image.interrupted(self.direction));
        all.or_else(|| {
            let kept = self.kept(&End::Interrupted).map(|kept| format!(": {kept}"));
            (!self.rows.is_empty()).then(|| format!("Interrupted{}", kept.unwrap_or_default()))
        })
    }

    /// Returns `23.8MB in 7.9 s (3MB/s), 2 of 5 layers were here`, or `None` if nothing was moved.
    fn summary(&self, now: Instant) -> Option<String> {
        let moved = self.tally.totals().moved;
        let took = now.saturating_duration_since(self.begun?);
        if moved == 0 {
            return None;
        }
        let rate = u128::from(moved) * 1000 / took.as_millis().max(1);
        let rate = units::size(u64::try_from(rate).unwrap_or(u64::MAX));
        let mut line = format!("{} in {} ({rate}/s)", units::size(moved), units::seconds(took));
        let place = if self.direction == Direction::Pull { "here" } else { "there" };
        if self.spared > 0 {
            let were = if self.spared == 1 { "was" } else { "were" };
            line +=
                &format!(", {} of {} {were} {place}", self.spared, units::count(self.rows.len(), "layer"));
        }
        Some(line)
    }

    /// Chooses at most `room` layers to show, preferring those that move. A row keeps its line while it
    /// moves, so that lines do not jump.
    fn choose(&mut self, room: usize) {
        if self.rows.len() <= room {
            self.shown = (0..self.rows.len()).collect();
            return;
        }
        if self.shown.len() > room {
            // Rows that do not move are removed first.
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

    /// Returns the line of a finished layer, or otherwise of a waiting one.
    fn replaceable(&self) -> Option<usize> {
        let rank = |line: &usize| self.rows[self.shown[*line]].state.rank();
        let lines = (0..self.shown.len()).filter(|line| rank(line) > 0);
        lines.max_by_key(|line| (rank(line), Reverse(*line)))
    }

    fn row(&self, row: &Row, columns: usize, now: Instant) -> String {
        let words = match &row.state {
            State::Waiting => docker_words::WAITING.to_owned(),
            State::Finished => finished(self.direction).to_owned(),
            State::Skipped(words) => words.clone(),
            State::Noticed(words, until) if now < *until => words.clone(),
            State::Moving | State::Noticed(..) => {
                let word = moving(self.direction);
                let (_, room) = self.room(columns);
                match self.tally.headway_of(&row.digest, now) {
                    Some(headway) => moving_words(word, &headway, room),
                    None => word.to_owned(),
                }
            }
        };
        clipped(&self.labelled(&row.digest, &words, columns), columns)
    }

    /// Returns the line of a layer, with its label if there is room.
    fn labelled(&self, digest: &Digest, words: &str, columns: usize) -> String {
        match self.room(columns) {
            (0, _) => docker_words::layer(digest, words),
            _ => docker_words::layer(digest, self.labels.of(digest) + words),
        }
    }

    /// Returns the width of the labels, and the width left for everything else.
    fn room(&self, columns: usize) -> (usize, usize) {
        let labels = self.labels.width();
        let labels = if columns >= WITH_THE_TIME + labels { labels } else { 0 };
        (labels, columns - labels)
    }
}

fn moving_words(word: &str, headway: &Headway, columns: usize) -> String {
    let word = if columns >= WITH_A_WORD { format!("{word:11} ") } else { String::new() };
    word + &figures(headway, columns)
}

fn total_row(total: &Total, labels: usize, columns: usize) -> String {
    let width = if columns >= WITH_A_WORD { 25 } else { 13 } + labels;
    let layers = Some(total.layers()).filter(|layers| layers.len() <= width);
    let layers = layers.unwrap_or_else(|| total.fraction());
    let figures = match total.grows {
        false => figures(&total.headway, columns),
        true if columns >= WITH_BYTES => format!("{} so far  {}", total.size(), total::speed(&total.headway)),
        true => total.size(),
    };
    format!("{layers:<width$} {figures}")
}

/// Returns the figures that fit, in aligned columns: `[=====>    ] 24% 36.45kB/3.501MB 45.6MB/s 6s`.
fn figures(headway: &Headway, columns: usize) -> String {
    let bar = || {
        let length = (columns - BESIDE_A_BAR).min(BAR_MAX);
        format!("[{}]", bar(headway, length))
    };
    let figures = [
        (columns >= WITH_A_BAR).then(bar),
        (columns >= WITH_BYTES).then(|| format!("{:>15}", total::size(headway))),
        Some(format!("{:>4}", total::percentage(headway))),
        (columns >= WITH_THE_RATE).then(|| format!("{:>9}", total::speed(headway))),
        (columns >= WITH_THE_TIME).then(|| format!("{:>4}", total::left(headway))),
    ];
    figures.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Returns a bar such as `=====>    `, which is full only when nothing is left.
fn bar(headway: &Headway, length: usize) -> String {
    let full = u128::from(headway.position) * length as u128 / u128::from(headway.size.max(1));
    let full =
        if headway.position == headway.size { length } else { usize::try_from(full).unwrap_or(length) };
    let head = if full < length { ">" } else { "" };
    format!("{:<length$}", "=".repeat(full.min(length)) + head)
}

/// Returns as much of a line as fits.
pub(crate) fn clipped(line: &str, columns: usize) -> String {
    let mut width = 0;
    let fits = |c: &char| {
        width += c.width().unwrap_or_default();
        width <= columns
    };
    line.chars().take_while(fits).collect()
}

/// The names of platforms, shown beside their layers.
#[derive(Default)]
struct Labels {
    labels: HashMap<Digest, String>,
    width: usize,
}

impl Labels {
    /// Creates the labels of these layers. There are none unless the image has several platforms.
    fn new(layers: &[Digest], platforms: &HashMap<Digest, Vec<Platform>>) -> Self {
        let known: BTreeSet<_> = platforms.values().flatten().filter(|known| !known.is_unknown()).collect();
        if known.len() < 2 {
            return Self::default();
        }
        let label = |layer: &Digest| match platforms.get(layer).map(Vec::as_slice) {
            Some([platform]) if !platform.is_unknown() => platform_name(platform),
            Some([_, _, ..]) => "shared".to_owned(),
            // For example, the layers of attestations.
            _ => "other".to_owned(),
        };
        let labels: HashMap<_, _> = layers.iter().map(|layer| (layer.clone(), label(layer))).collect();
        let width = labels.values().map(|label| label.width() + 2).max().unwrap_or_default();
        Self { labels, width }
    }

    /// Returns the width of labels, including the space after them.
    fn width(&self) -> usize {
        self.width
    }

    /// Returns the label of a layer, padded to [`Self::width`].
    fn of(&self, layer: &Digest) -> String {
        let label = self.labels.get(layer).map_or("", String::as_str);
        format!("{label}{}", " ".repeat(self.width.saturating_sub(label.width())))
    }
}

/// Returns the short name of a platform: `arm64`, `arm/v7`, `windows/amd64`. Linux is left out, because most
/// images are for it.
fn platform_name(platform: &Platform) -> String {
    let name = platform.to_string();
    safe::safe_start(name.strip_prefix("linux/").unwrap_or(&name), PLATFORM_MAX).into_owned()
}

#[cfg(test)]
mod tests {
    use regcli::image::{Descriptor, MediaType};
    use unicode_width::UnicodeWidthStr;

    use super::*;

    /// Returns layers of 50 MB, none of them moved yet.
    fn planned(layers: usize, direction: Direction) -> (Rows, Instant) {
        let mut rows = Rows::new(direction);
        let now = Instant::now();
        let blob = |layer| Descriptor::new(MediaType::OCI_LAYER_GZIP, digest(layer), 50_000_000);
        let mut blobs = vec![Descriptor::new(MediaType::OCI_CONFIG, Digest::sha256(b"config"), 500)];
        blobs.extend((0..layers).map(blob));
        rows.take(&Event::Planned { blobs, platforms: HashMap::new(), bytes: 0 }, now);
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

    /// Returns the line of a layer.
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
            format!("{two}: Downloading [==============>                     ]       20MB/50MB  40%    10MB/s   3s"),
            format!("{three}: Waiting"),
            "1/3 layers                [================>                   ]      70MB/150MB  46%    10MB/s   9s"
                .to_owned(),
        ];
        assert_eq!(rows.on(size(100, 30), now), expected);
        rows.take(&finish(1), now);
        rows.take(&finish(2), now);
        rows.take(&Event::Finished { digest: Digest::sha256(b"config") }, now);
        let ended = format!("{one}: Already exists\n{two}: Download complete\n{three}: Download complete\n");
        assert_eq!(rows.on(size(100, 30), now).join("\n") + "\n", ended);
        let failed = End::Failed { error: "no".to_owned(), may_resume: true };
        assert_eq!(rows.left(&failed, 100, now), ended);
        let kept = "150MB of 150MB kept; the same command resumes from there";
        assert_eq!(rows.kept(&failed).as_deref(), Some(kept));
    }

    #[test]
    fn u14_the_last_word_of_a_layer_is_pull_complete_once_the_image_is_in_the_store() {
        let (mut rows, now) = planned(3, Direction::Pull);
        rows.take(&Event::Skipped { digest: digest(0), reason: regcli::transfer::Skip::Present }, now);
        for layer in [1, 2] {
            rows.take(&start(layer), now);
            rows.take(&advance(layer, 50_000_000), now);
            rows.take(&finish(layer), now);
        }
        let [one, two, three] = [0, 1, 2].map(|layer| digest(layer).short().to_owned());
        let before = rows.on(size(80, 30), now);
        assert_eq!(before[1], format!("{two}: Download complete"), "the image is not there yet");
        let left = rows.left(&End::Done, 80, now + Duration::from_secs(8));
        let expected = format!(
            "{one}: Already exists\n{two}: Pull complete\n{three}: Pull complete\n\
             100MB in 8.0 s (12.5MB/s), 1 of 3 layers was here\n"
        );
        assert_eq!(left, expected);
    }

    #[test]
    fn u3_an_interrupt_leaves_the_rows_as_they_were_and_says_what_is_kept() {
        let (mut rows, now) = planned(3, Direction::Pull);
        rows.take(&start(0), now);
        rows.take(&advance(0, 50_000_000), now);
        rows.take(&finish(0), now);
        rows.take(&start(1), now);
        rows.take(&advance(1, 20_000_000), now);
        let now = now + Duration::from_secs(20);
        for columns in [40, 80, 120, 200] {
            let mut seen = rows.on(size(columns, 30), now);
            seen.pop();
            let left = rows.left(&End::Interrupted, columns, now);
            let last = match columns {
                40 => "Interrupted: 70MB of 150MB kept; the\nsame command resumes from there",
                _ => "Interrupted: 70MB of 150MB kept; the same command resumes from there",
            };
            assert_eq!(left, seen.join("\n") + "\n" + last + "\n", "{columns}");
        }
        let (mut rows, now) = planned(2, Direction::Push);
        rows.take(&start(0), now);
        rows.take(&advance(0, 50_000_000), now);
        rows.take(&finish(0), now);
        rows.take(&start(1), now);
        rows.take(&advance(1, 20_000_000), now);
        let left = rows.left(&End::Interrupted, 80, now);
        let last = "Interrupted: 50MB of 100MB at the registry; the same command pushes the rest\n";
        assert!(left.ends_with(last), "an upload that was not finished is gone: {left}");
    }

    #[test]
    fn u10_a_narrow_terminal_gets_the_figures_that_it_has_room_for() {
        let (mut rows, now) = planned(2, Direction::Push);
        rows.take(&start(1), now);
        let now = now + Duration::from_secs(2);
        rows.take(&advance(1, 12_345_678), now);
        let [one, two] = [0, 1].map(|layer| digest(layer).short().to_owned());
        for (columns, moving, total) in [
            (
                74,
                ": Pushing        12.35MB/50MB  24% 6.173MB/s   7s",
                "0/2 layers                  12.35MB/100MB  12% 6.173MB/s  15s",
            ),
            (
                60,
                ": Pushing        12.35MB/50MB  24%   7s",
                "0/2 layers                  12.35MB/100MB  12%  15s",
            ),
            (40, ":    12.35MB/50MB  24%   7s", "0/2 layers      12.35MB/100MB  12%  15s"),
            (30, ":  24%   7s", "0/2 layers     12%  15s"),
            (20, ":  24%", "0/2 layers     12%"),
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
    fn u10_a_layer_that_goes_on_shows_its_bytes_from_the_first_moment() {
        let (mut rows, now) = planned(1, Direction::Pull);
        rows.take(&Event::Started { digest: digest(0), offset: 12_345_678, size: 50_000_000 }, now);
        for columns in [40, 80, 120, 200] {
            let lines = rows.on(size(columns, 24), now);
            assert!(lines.iter().all(|line| line.contains("12.35MB/50MB  24%")), "{lines:#?}");
        }
    }

    #[test]
    fn u10_layers_of_several_platforms_are_told_apart() {
        let now = Instant::now();
        let blobs = (0..4).map(|layer| Descriptor::new(MediaType::OCI_LAYER_GZIP, digest(layer), 50_000_000));
        let platforms = |names: [&[&str]; 4]| {
            let parsed = names.map(|names| names.iter().map(|name| name.parse().unwrap()).collect());
            parsed.into_iter().enumerate().map(|(layer, names)| (digest(layer), names)).collect()
        };
        let several = platforms([
            &["linux/amd64"],
            &["linux/arm/v7"],
            &["linux/amd64", "linux/arm/v7"],
            &["unknown/unknown"],
        ]);
        let mut rows = Rows::new(Direction::Copy);
        rows.take(&Event::Planned { blobs: blobs.clone().collect(), platforms: several, bytes: 0 }, now);
        rows.take(&start(0), now);
        let now = now + Duration::from_secs(2);
        rows.take(&advance(0, 20_000_000), now);
        let [one, two, three, four] = [0, 1, 2, 3].map(|layer| digest(layer).short().to_owned());
        for (columns, moving, total) in [
            (
                80,
                "amd64   Copying           20MB/50MB  40%    10MB/s   3s",
                "0/4 layers                             20MB/200MB  10%    10MB/s  18s",
            ),
            (40, "amd64    40%   3s", "0/4 layers             10%  18s"),
            (30, " 40%   3s", "0/4 layers     10%  18s"),
        ] {
            let label = |text: &str| if columns == 30 { String::new() } else { format!("{text:8}") };
            let expected = [
                format!("{one}: {moving}"),
                format!("{two}: {}Waiting", label("arm/v7")),
                format!("{three}: {}Waiting", label("shared")),
                format!("{four}: {}Waiting", label("other")),
                total.to_owned(),
            ];
            assert_eq!(rows.on(size(columns, 10), now), expected, "{columns}");
        }
        let one_and_its_attestation =
            platforms([&["linux/amd64"], &["linux/amd64"], &["linux/amd64"], &["unknown/unknown"]]);
        let mut rows = Rows::new(Direction::Copy);
        rows.take(
            &Event::Planned { blobs: blobs.collect(), platforms: one_and_its_attestation, bytes: 0 },
            now,
        );
        assert_eq!(rows.on(size(80, 10), now)[0], format!("{one}: Waiting"));
    }

    #[test]
    fn u10_all_rows_have_the_same_columns_whatever_their_figures_are() {
        for columns in 0..210 {
            let (mut rows, now) = planned(12, Direction::Pull);
            for layer in 0..12 {
                rows.take(&start(layer), now);
                rows.take(&advance(layer, 3_u64.pow(u32::try_from(layer).unwrap() + 4)), now);
            }
            let lines = rows.on(size(columns, 24), now + Duration::from_secs(2));
            let has_bytes = lines.iter().filter(|line| line.contains("B/")).count();
            assert!(has_bytes == 0 || has_bytes == lines.len(), "{columns}: {lines:#?}");
            if columns >= 18 {
                let ends: std::collections::BTreeSet<_> = lines.iter().map(|line| line.find('%')).collect();
                assert_eq!(ends.len(), 1, "{columns}: {lines:#?}");
            }
        }
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
