//! The rows of Docker's transcripts 08 (search) and 09 (images) that have a `--format`.

use super::super::table::ellipsis;
use super::*;

struct Found {
    name: &'static str,
    description: &'static str,
    stars: u32,
    official: bool,
}

impl Row for Found {
    const TYPE: &'static str = "*registry.searchContext";
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Name", "NAME"),
        ("Description", "DESCRIPTION"),
        ("StarCount", "STARS"),
        ("IsOfficial", "OFFICIAL"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let official = Cell::with_json(if self.official { "[OK]" } else { "" }, self.official.to_string());
        let description = ellipsis(self.description, 45);
        vec![self.name.into(), description.into(), self.stars.to_string().into(), official]
    }
}

const SEARCH_TABLE: &str = "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";

const CENTOS: [Found; 3] = [
    Found {
        name: "centos",
        description: "DEPRECATED; The official build of CentOS.",
        stars: 7751,
        official: true,
    },
    Found { name: "ansible/centos7-ansible", description: "Ansible on Centos7", stars: 134, official: false },
    Found {
        name: "zhongwen/centos",
        description: "这是一个用于生产环境的 CentOS 基础镜像，包含常用的工具和配置，欢迎使用与反馈意见",
        stars: 12,
        official: false,
    },
];

struct Image {
    repository: &'static str,
    tag: &'static str,
    size: &'static str,
}

impl Row for Image {
    const TYPE: &'static str = "*formatter.imageContext";
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "IMAGE ID"),
        ("Repository", "REPOSITORY"),
        ("Tag", "TAG"),
        ("Digest", "DIGEST"),
        ("CreatedSince", "CREATED"),
        ("CreatedAt", "CREATED AT"),
        ("Size", "SIZE"),
        ("Containers", "CONTAINERS"),
        ("VirtualSize", "SIZE"),
        ("SharedSize", "SHARED SIZE"),
        ("UniqueSize", "UNIQUE SIZE"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let not_known = || Cell::from("N/A");
        vec![
            "7688e3a7fe60".into(),
            self.repository.into(),
            self.tag.into(),
            "<none>".into(),
            "2 minutes ago".into(),
            "2026-11-21 20:39:01 +0000 UTC".into(),
            self.size.into(),
            not_known(),
            self.size.into(),
            not_known(),
            not_known(),
        ]
    }
}

const IMAGES_TABLE: &str = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}";

const IMAGES: [Image; 2] = [
    Image { repository: "lab/app", tag: "1", size: "28.5MB" },
    Image { repository: "127.0.0.1:5010/ubuntu", tag: "latest", size: "3.5MB" },
];

fn search(format: &str, limit: usize) -> Result<String, Error> {
    let format: Format = format.parse().unwrap();
    format.compile(SEARCH_TABLE)?.show(&CENTOS[..limit])
}

fn images(format: &str) -> Result<String, Error> {
    let format: Format = format.parse().unwrap();
    format.compile(IMAGES_TABLE)?.show(&IMAGES)
}

#[test]
fn the_table_of_search_is_dockers_byte_for_byte() {
    let table = "NAME                      DESCRIPTION                                     STARS     OFFICIAL\n\
                 centos                    DEPRECATED; The official build of CentOS.       7751      [OK]\n\
                 ansible/centos7-ansible   Ansible on Centos7                              134       \n\
                 zhongwen/centos           这是一个用于生产环境的 CentOS 基础镜像，包含…   12        \n";
    for format in ["", "table"] {
        assert_eq!(search(format, 3).unwrap(), table);
    }
}

#[test]
fn nothing_found_is_a_header_alone() {
    assert_eq!(search("table", 0).unwrap(), "NAME      DESCRIPTION   STARS     OFFICIAL\n");
    let printer = Format::Table.compile::<Image>(IMAGES_TABLE).unwrap();
    assert_eq!(printer.show(&[]).unwrap(), "REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n");
    assert_eq!(search("{{.Name}}", 0).unwrap(), "");
    assert_eq!(search("json", 0).unwrap(), "");
}

#[test]
fn the_table_of_images_is_dockers_byte_for_byte() {
    assert_eq!(
        images("").unwrap(),
        "REPOSITORY              TAG       IMAGE ID       CREATED         SIZE\n\
         lab/app                 1         7688e3a7fe60   2 minutes ago   28.5MB\n\
         127.0.0.1:5010/ubuntu   latest    7688e3a7fe60   2 minutes ago   3.5MB\n"
    );
    assert_eq!(
        images(r"table {{.Repository}}:{{.Tag}}\t{{.Size}}").unwrap(),
        "REPOSITORY:TAG                 SIZE\n\
         lab/app:1                      28.5MB\n\
         127.0.0.1:5010/ubuntu:latest   3.5MB\n"
    );
    assert_eq!(
        search(r"table {{.Name}}\t{{.IsOfficial}}", 2).unwrap(),
        "NAME                      OFFICIAL\n\
         centos                    [OK]\n\
         ansible/centos7-ansible   \n"
    );
}

#[test]
fn a_template_is_executed_for_each_row() {
    assert_eq!(
        search("{{.Name}}: {{.StarCount}} {{.IsOfficial}}", 2).unwrap(),
        "centos: 7751 [OK]\nansible/centos7-ansible: 134 \n"
    );
    assert_eq!(search(r"{{.Name}}\n--", 2).unwrap(), "centos\n--\nansible/centos7-ansible\n--\n");
    assert_eq!(
        search("{{upper .Name}} {{json .Description}}", 1).unwrap(),
        "CENTOS \"DEPRECATED; The official build of CentOS.\"\n"
    );
    let all = "{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}} {{.CreatedSince}} {{.CreatedAt}} {{.Size}}";
    assert_eq!(
        images(all).unwrap().lines().next().unwrap(),
        "7688e3a7fe60 lab/app 1 <none> 2 minutes ago 2026-11-21 20:39:01 +0000 UTC 28.5MB"
    );
    let raw = r"repository: {{.Repository}}\ntag: {{.Tag}}\nimage_id: {{.ID}}\nvirtual_size: {{.Size}}\n";
    assert!(images(raw).unwrap().starts_with(
        "repository: lab/app\ntag: 1\nimage_id: 7688e3a7fe60\nvirtual_size: 28.5MB\n\nrepository: 127"
    ));
}

#[test]
fn json_is_one_object_a_line_with_sorted_keys_and_text_for_values() {
    let lines = "{\"Description\":\"DEPRECATED; The official build of CentOS.\",\"IsOfficial\":\"true\",\
                 \"Name\":\"centos\",\"StarCount\":\"7751\"}\n\
                 {\"Description\":\"Ansible on Centos7\",\"IsOfficial\":\"false\",\
                 \"Name\":\"ansible/centos7-ansible\",\"StarCount\":\"134\"}\n";
    for format in ["json", "{{json .}}"] {
        assert_eq!(search(format, 2).unwrap(), lines);
    }
    assert_eq!(
        images("json").unwrap().lines().next().unwrap(),
        r#"{"Containers":"N/A","CreatedAt":"2026-11-21 20:39:01 +0000 UTC","CreatedSince":"2 minutes ago","Digest":"\u003cnone\u003e","ID":"7688e3a7fe60","Repository":"lab/app","SharedSize":"N/A","Size":"28.5MB","Tag":"1","UniqueSize":"N/A","VirtualSize":"28.5MB"}"#
    );
    assert_eq!(images("{{json .Digest}}").unwrap().lines().next().unwrap(), r#""<none>""#);
}

#[test]
fn a_template_that_does_not_end_is_an_error() {
    for endless in [
        "{{range 1000000000}}{{end}}",
        r#"{{define "x"}}{{template "x" .}}{{end}}{{template "x" .}}"#,
        r#"{{define "x"}}{{range 9999}}{{range 9999}}{{end}}{{end}}{{end}}{{template "x"}}"#,
    ] {
        assert!(matches!(search(endless, 1), Err(Error::Execute(_))), "{endless}");
    }
    assert_eq!(search("{{range 1000}}x{{end}}", 1).unwrap().len(), 1001);
}

#[test]
fn errors_are_in_dockers_words() {
    let error = |format: &str| search(format, 1).unwrap_err().to_string();
    assert_eq!(
        error("{{.Nope}}"),
        "template parsing error: template: :1:2: executing \"\" at <.Nope>: \
         can't evaluate field Nope in type *registry.searchContext"
    );
    assert_eq!(
        error("{{.IsAutomated}}"),
        "template parsing error: template: :1:2: executing \"\" at <.IsAutomated>: \
         can't evaluate field IsAutomated in type *registry.searchContext"
    );
    assert_eq!(error("{{.Name"), "template parsing error: template: :1: unclosed action");
    assert_eq!(
        error("{{nope .Name}}"),
        "template parsing error: template: :1: function \"nope\" not defined"
    );
    assert_eq!(
        error(r"table {{.Name}}\n{{lower (json $.AFieldWithALongName)}}"),
        "template parsing error: template: :2:14: executing \"\" at <$.AFieldWithALongNam...>: \
         can't evaluate field AFieldWithALongName in type *registry.searchContext"
    );
}

#[test]
fn the_functions_are_dockers() {
    for (template, shown) in [
        ("{{truncate .Name 3}}", "cen"),
        ("{{pad .Name 2 1}}|", "  centos |"),
        ("{{pad .IsOfficial 1 1}}|", " [OK] |"),
        ("{{title .Description}}", "DEPRECATED; The Official Build Of CentOS."),
        (r#"{{join (split .Description " ") "_"}}"#, "DEPRECATED;_The_official_build_of_CentOS."),
        (r#"{{index (split .Name "t") 1}}"#, "os"),
        ("{{lower .Description}}", "deprecated; the official build of centos."),
        (r#"{{if eq .Name "centos"}}yes{{else}}no{{end}}"#, "yes"),
        ("{{with .Name}}{{.}}{{end}}{{println .StarCount}}", "centos7751\n"),
        (r#"{{printf "%-8s|%s" .Name .StarCount}}"#, "centos  |7751"),
    ] {
        assert_eq!(search(template, 1).unwrap(), format!("{shown}\n"), "{template}");
    }
    assert_eq!(search(r"table {{upper .Name}}\t{{json .StarCount}}", 0).unwrap(), "NAME      STARS\n");
}

#[test]
fn odd_templates_are_errors_and_never_crash() {
    let deep = format!("{{{{{}.Name{}}}}}", "(".repeat(100_000), ")".repeat(100_000));
    for template in [
        "{{",
        "{{}}",
        "{{range}}",
        "{{if}}",
        "{{.Name.X}}",
        "{{index .Name 99}}",
        "{{join .Name \",\"}}",
        "{{truncate .Name}}",
        "{{upper 3}}",
        "{{template \"x\"}}",
        "{{slice .Name 4 2}}",
        deep.as_str(),
    ] {
        let error = search(template, 1).expect_err(&template[..template.len().min(40)]);
        assert!(error.to_string().starts_with("template parsing error: template: "), "{error}");
    }
    assert_eq!(search("{{truncate .Name -1}}{{pad .Name -5 99999999999}}", 1).unwrap().len(), 6 + PAD + 1);
}

/// The maximum number of spaces that `pad` adds on one side.
const PAD: usize = 1000;

#[test]
fn what_others_wrote_cannot_steer_the_terminal() {
    let hostile = [Found { name: "\u{1b}[2Jx\nfake\t7", description: "\u{202e}", stars: 0, official: false }];
    let shown = |format: &str| {
        format.parse::<Format>().unwrap().compile(SEARCH_TABLE).unwrap().show(&hostile).unwrap()
    };
    assert_eq!(shown("{{.Name}}"), "\\u{1b}[2Jx\\u{a}fake\\u{9}7\n");
    assert_eq!(shown("table").lines().count(), 2);
    let object: serde_json::Value = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!(object["Name"], hostile[0].name, "JSON keeps the value");
    assert!(!shown("json").contains(['\u{1b}', '\u{202e}']));
}
