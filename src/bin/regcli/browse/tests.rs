//! The screens, as text, and what keys do.

use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use regcli::digest::Digest;
use regcli::ops::Place;
use regcli::ops::deletion::{Loss, Target};
use regcli::protocol::listing::TagDetail;
use regcli::reference::{Name, Reference, Registry};

use super::draw;
use super::entry::Entry;
use super::kind::{Kind, Subject};
use super::layout::Size;
use super::message::{Effect, Ending, Job, Message, News, Trouble, ViewId};
use super::model::Model;
use super::rows;
use super::style::Look;
use crate::ui::format::charset::Charset;

/// The time at which screens are drawn.
const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// A model, and what it has wanted so far.
struct Scene {
    model: Model,
    effects: Vec<Effect>,
}

impl Scene {
    fn of(kind: Kind) -> Self {
        let (model, effects) = Model::begin(kind, Size { columns: 80, lines: 24 });
        Self { model, effects }
    }

    /// The tags of a repository: two that are known, and one that is not.
    fn tags() -> Self {
        let mut scene = Self::of(Kind::Tags(name()));
        scene.comes(News::More(vec![
            tag("1.0", Some(30_000_000)),
            tag("2.0", Some(60_000_000)),
            tag("next", None),
        ]));
        scene.comes(News::Done(None));
        scene
    }

    fn view(&self) -> ViewId {
        self.model.view().id
    }

    fn comes(&mut self, news: News) {
        let view = self.view();
        self.effects = self.model.message(Message { view, news });
    }

    /// Presses keys: each character is one.
    fn types(&mut self, keys: &str) -> &mut Self {
        keys.chars().for_each(|key| self.press(KeyCode::Char(key)));
        self
    }

    fn press(&mut self, key: KeyCode) {
        self.effects = self.model.event(&Event::Key(KeyEvent::new(key, KeyModifiers::NONE)));
    }

    fn clicks(&mut self, row: u16) {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let mouse = MouseEvent { kind, column: 5, row, modifiers: KeyModifiers::NONE };
        self.effects = self.model.event(&Event::Mouse(mouse));
    }

    fn resizes(&mut self, columns: u16, lines: u16) {
        self.effects = self.model.event(&Event::Resize(columns, lines));
    }

    /// The screen, without spaces at the ends of lines and without empty lines.
    fn screen(&self) -> String {
        self.look(Look { charset: Charset::Utf8, has_colours: false })
    }

    fn look(&self, look: Look) -> String {
        let Size { columns, lines } = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, lines)).unwrap();
        let drawn = terminal.draw(|frame| {
            draw::Screen { buffer: frame.buffer_mut(), look, now: NOW }.draw(&self.model);
        });
        let buffer = drawn.unwrap().buffer.clone();
        let mut text = String::new();
        for line in 0..lines {
            let mut drawn = String::new();
            let mut column = 0;
            while column < columns {
                let symbol = buffer[(column, line)].symbol();
                drawn.push_str(symbol);
                column += u16::try_from(crate::ui::format::table::columns(symbol)).unwrap().max(1);
            }
            if !drawn.trim().is_empty() {
                text.push_str(drawn.trim_end());
                text.push('\n');
            }
        }
        text
    }

    fn titles(&self) -> Vec<&str> {
        self.model.stack.iter().map(|view| view.title.as_str()).collect()
    }
}

fn registry() -> Registry {
    Registry::from_server("lab:5000").unwrap()
}

fn name() -> Name {
    "lab:5000/team/app".parse::<Reference>().unwrap().name
}

fn tag(text: &str, size: Option<u64>) -> Entry {
    let created = Some(Timestamp::constant(1_790_000_000 - 86_400 * 3, 0));
    let detail = TagDetail { size, created, ..TagDetail::named(text.parse().unwrap()) };
    rows::tag(&name(), &detail, &"linux/amd64".parse().unwrap())
}

fn target() -> Target {
    let loss = Loss { tags: vec!["latest".parse().unwrap()], ..Loss::default() };
    let digest = Digest::sha256(b"image");
    Target { reference: "lab:5000/team/app:1.0".parse().unwrap(), digest, loss, is_last: false }
}

#[test]
fn tags_have_sizes_bars_and_dates_in_eighty_columns() {
    let expected = "\u{20}lab:5000/team/app
  TAG              SIZE              PUSHED OR CREATED   PLATFORMS
> 1.0              30MB  █████       3 days ago
  2.0              60MB  ██████████  3 days ago
  next                               3 days ago
 1/3
 Enter open  / filter  s sort  m mark  d diff  x delete  y copy  ? help  q quit
";
    assert_eq!(Scene::tags().screen(), expected);
}

#[test]
fn every_size_of_the_screen_is_drawn_without_a_panic_and_keeps_the_selection() {
    let mut scene = Scene::tags();
    scene.types("j");
    for columns in 1..=90 {
        for lines in 1..=26 {
            scene.resizes(columns, lines);
            let screen = scene.screen();
            assert!(
                columns < 8 || screen.contains("> 2.0") || screen.contains('>'),
                "{columns}x{lines}\n{screen}"
            );
        }
    }
    scene.comes(News::Failed(Trouble { text: "no ".repeat(90), hint: Some("hint ".repeat(30)) }));
    for (columns, lines) in [(1, 1), (2, 2), (5, 3), (80, 1), (1, 30), (40, 10)] {
        scene.resizes(columns, lines);
        scene.screen();
    }
}

#[test]
fn a_filter_shows_what_fits_while_it_is_typed_and_escape_clears_it() {
    let mut scene = Scene::tags();
    scene.types("/NEX");
    let screen = scene.screen();
    assert!(screen.contains("> next") && !screen.contains("1.0") && screen.contains("/NEX_"), "{screen}");
    scene.press(KeyCode::Enter);
    assert!(scene.screen().contains("1/1 of 3  filter: NEX"), "{}", scene.screen());
    scene.press(KeyCode::Esc);
    assert!(scene.screen().contains("> next") && scene.screen().contains("3/3"), "{}", scene.screen());
}

#[test]
fn sorting_keeps_the_selected_row() {
    let mut scene = Scene::tags();
    scene.types("ss");
    let screen = scene.screen();
    let place = |text: &str| screen.find(text).unwrap();
    assert!(place("  2.0") < place("> 1.0") && screen.contains("Sorted by size"), "{screen}");
    scene.types("ss");
    assert!(scene.screen().contains("Not sorted"), "{}", scene.screen());
}

#[test]
fn only_the_visible_tags_are_described_and_each_once() {
    let mut scene = Scene::of(Kind::Tags(name()));
    scene.comes(News::More((0..500).map(|number| tag(&format!("v{number}"), None)).collect()));
    let [Effect::Run(0, Job::Describe(_, asked))] = &scene.effects[..] else { panic!("{:?}", scene.effects) };
    assert_eq!(asked.len(), 20);
    let described = |first: usize| {
        let rows = (first..first + 20).map(|number| tag(&format!("v{number}"), Some(5)));
        News::Better(rows.map(|entry| Entry { bare_tag: None, ..entry }).collect())
    };
    scene.types("j");
    assert!(scene.effects.is_empty(), "the first ones are being read");
    scene.comes(described(0));
    assert!(scene.effects.is_empty());
    scene.press(KeyCode::End);
    let [Effect::Run(0, Job::Describe(_, asked))] = &scene.effects[..] else { panic!("{:?}", scene.effects) };
    assert_eq!(asked[0].tag.as_str(), "v480");
}

#[test]
fn views_are_opened_and_closed_and_their_work_ends_with_them() {
    let mut scene = Scene::tags();
    scene.press(KeyCode::Enter);
    assert!(matches!(scene.effects[..], [Effect::Run(1, Job::Load(Kind::Image(_)))]), "{:?}", scene.effects);
    assert_eq!(scene.titles(), ["lab:5000/team/app", "1.0"]);
    scene.press(KeyCode::Left);
    assert!(matches!(scene.effects[..], [Effect::Abort(1)]), "{:?}", scene.effects);
    // What comes too late reaches no view.
    scene.model.message(Message { view: 1, news: News::All(vec![Entry::named("late")]) });
    assert!(!scene.screen().contains("late"));
    scene.press(KeyCode::Left);
    assert!(scene.effects.is_empty() && scene.titles() == ["lab:5000/team/app"]);
}

#[test]
fn two_marked_images_are_compared() {
    let mut scene = Scene::tags();
    scene.types("d");
    assert!(scene.screen().contains("Mark two images with m"), "{}", scene.screen());
    scene.types("md");
    assert!(
        scene.screen().contains("› diff 1.0 2.0"),
        "a marked one and the selected one: {}",
        scene.screen()
    );
    scene.press(KeyCode::Left);
    scene.types("jmd");
    assert!(scene.screen().contains("› diff 1.0 next"), "{}", scene.screen());
}

#[test]
fn nothing_is_deleted_without_the_right_word() {
    let mut scene = Scene::tags();
    scene.types("x");
    scene.types("delete");
    scene.press(KeyCode::Enter);
    assert!(scene.effects.is_empty(), "it is not known yet what would be deleted");
    scene.comes(News::Found(Box::new(target())));
    scene.comes(News::Done(None));
    scene.types("delet");
    scene.press(KeyCode::Enter);
    assert!(scene.effects.is_empty());
    assert!(scene.screen().contains("Nothing was deleted: type delete or 1.0"), "{}", scene.screen());
    scene.types("1.0");
    assert!(scene.screen().contains("Type delete or 1.0: 1.0_"), "{}", scene.screen());
    scene.press(KeyCode::Enter);
    assert!(matches!(scene.effects[..], [Effect::Run(_, Job::Untag(_))]), "{:?}", scene.effects);
    scene.press(KeyCode::Esc);
    assert_eq!(scene.titles().len(), 2, "the deletion is not left while it runs");
    scene.comes(News::Deleted("Untagged".to_owned()));
    assert_eq!(scene.titles(), ["lab:5000/team/app"]);
    assert!(matches!(scene.effects[..], [Effect::Abort(0), Effect::Run(_, Job::Load(Kind::Tags(_)))]));
}

#[test]
fn a_tag_named_delete_is_only_removed() {
    let mut scene = Scene::tags();
    scene.types("x");
    let reference: Reference = "lab:5000/team/app:delete".parse().unwrap();
    scene.model.view_mut().kind =
        Kind::Deletion(reference.clone(), Some(Box::new(Target { reference, ..target() })));
    scene.comes(News::Done(None));
    scene.types("delete");
    scene.press(KeyCode::Enter);
    assert!(matches!(scene.effects[..], [Effect::Run(_, Job::Untag(_))]), "{:?}", scene.effects);
}

#[test]
fn the_pull_command_is_copied_and_shown() {
    let mut scene = Scene::tags();
    for (key, command) in
        [("y", "docker pull lab:5000/team/app:1.0"), ("Y", "regcli pull lab:5000/team/app:1.0")]
    {
        scene.types(key);
        assert!(matches!(&scene.effects[..], [Effect::Copy(text)] if text == command), "{:?}", scene.effects);
        assert!(scene.screen().contains(&format!("Copied: {command}")));
    }
}

#[test]
fn an_error_is_shown_with_its_hint_and_r_tries_again() {
    let mut scene = Scene::of(Kind::Tags(name()));
    let hint = Some("run regcli login lab:5000".to_owned());
    scene.comes(News::Failed(Trouble { text: "access denied".to_owned(), hint }));
    let screen = scene.screen();
    assert!(screen.contains("error: access denied\n hint: run regcli login lab:5000"), "{screen}");
    scene.types("r");
    assert!(
        matches!(scene.effects[..], [Effect::Abort(0), Effect::Run(1, Job::Load(_))]),
        "{:?}",
        scene.effects
    );
}

#[test]
fn a_registry_without_a_catalog_is_searched_as_the_user_types() {
    let mut scene = Scene::of(Kind::Repositories(registry()));
    scene.comes(News::NoCatalog("no catalog: / searches".to_owned()));
    scene.types("/ap");
    let [Effect::Abort(0), Effect::Run(0, Job::Search(registry, term))] = &scene.effects[..] else {
        panic!("{:?}", scene.effects)
    };
    assert_eq!((registry.as_str(), term.as_str()), ("lab:5000", "ap"));
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut scene = Scene::tags();
    scene.clicks(3);
    assert!(scene.screen().contains("> 2.0") && scene.effects.is_empty(), "{}", scene.screen());
    scene.clicks(3);
    assert_eq!(scene.titles(), ["lab:5000/team/app", "2.0"]);
    scene.clicks(0);
    scene.clicks(23);
    assert_eq!(scene.titles().len(), 2);
}

#[test]
fn control_characters_of_strangers_are_shown_and_wide_ones_fit() {
    let mut scene = Scene::of(Kind::Store);
    scene.comes(News::More(vec![Entry::named("a\u{1b}[2J\u{202e}b"), Entry::named(&"镜像".repeat(60))]));
    let screen = scene.screen();
    assert!(screen.contains(r"a\u{1b}[2J\u{202e}b"), "{screen}");
    assert!(screen.lines().all(|line| crate::ui::format::table::columns(line) <= 80), "{screen}");
}

#[test]
fn without_utf_8_only_ascii_is_drawn() {
    let mut scene = Scene::tags();
    scene.press(KeyCode::Enter);
    scene.press(KeyCode::Left);
    scene.resizes(44, 24);
    let screen = scene.look(Look { charset: Charset::Ascii, has_colours: true });
    assert!(screen.is_ascii(), "{screen}");
}

#[test]
fn more_rows_than_a_view_holds_are_left_out_with_a_note() {
    let mut scene = Scene::of(Kind::Repositories(registry()));
    let rows = vec![Entry::named("x"); super::list::ENTRIES_MAX];
    scene.comes(News::More(rows));
    scene.comes(News::More(vec![Entry::named("one too many")]));
    scene.comes(News::Done(None));
    assert!(scene.screen().contains("1/100000  only the first 100000 are shown"), "{}", scene.screen());
}

#[test]
fn q_quits_unless_it_is_part_of_a_text() {
    let mut scene = Scene::tags();
    scene.types("/q");
    assert!(scene.effects.is_empty());
    scene.press(KeyCode::Esc);
    scene.types("q");
    assert!(matches!(scene.effects[..], [Effect::Quit(Ending::Quit)]));
}

#[test]
fn an_image_is_named_by_its_tag_its_digest_or_its_platform() {
    let subject = |text: &str| Subject { place: text.parse::<Place>().unwrap(), platform: None };
    assert_eq!(subject("app:1.0").title(), "1.0");
    assert_eq!(subject(&format!("app@{}", Digest::sha256(b"x"))).title().len(), 12);
    let platform = "linux/arm64".parse().ok();
    assert_eq!(Subject { platform, ..subject("store:app:1") }.title(), "linux/arm64");
}
