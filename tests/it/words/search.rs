//! `search`: transcript 08, on a Docker Hub that has the recording's data.

use crate::support::{Fixture, Home, Hub, Kind, Outcome};

use super::{Recording, config_json, publish};

const TABLE: &str = "
    out| NAME                            DESCRIPTION                                     STARS     OFFICIAL
    out| centos                          DEPRECATED; The official build of CentOS.       7751      [OK]
    out| ansible/centos7-ansible         Ansible on Centos7                              134       
    out| kasmweb/centos-7-desktop        CentOS 7 desktop for Kasm Workspaces            44        
    out| bitnami/centos-base-buildpack   Centos base compilation image and some more …   0         
    out| dokken/centos-7                 CentOS 7 image for kitchen-dokken second lin…   5         
    out| zhongwen/centos                 这是一个用于生产环境的 CentOS 基础镜像，包含…   12        
    out| exact45/centos                  123456789012345678901234567890123456789012345   2         
    out| exact46/centos                  12345678901234567890123456789012345678901234…   1         
    out| empty/centos                                                                    0         
    exit 0";

const NO_TRUNC: &str = "
    out| NAME                            DESCRIPTION                                                                        STARS     OFFICIAL
    out| centos                          DEPRECATED; The official build of CentOS.                                          7751      [OK]
    out| ansible/centos7-ansible         Ansible on Centos7                                                                 134       
    out| kasmweb/centos-7-desktop        CentOS 7 desktop for Kasm Workspaces                                               44        
    out| bitnami/centos-base-buildpack   Centos base compilation image and some more words to be cut                        0         
    out| dokken/centos-7                 CentOS 7 image for kitchen-dokken second line  third                               5         
    out| zhongwen/centos                 这是一个用于生产环境的 CentOS 基础镜像，包含常用的工具和配置，欢迎使用与反馈意见   12        
    out| exact45/centos                  123456789012345678901234567890123456789012345                                      2         
    out| exact46/centos                  1234567890123456789012345678901234567890123456                                     1         
    out| empty/centos                                                                                                       0         
    exit 0";

const DEPRECATED: &str = "err| WARNING: the \"is-automated\" filter is deprecated, and searching for \
    \"is-automated=true\" will not yield any results in future.\n";

fn search(hub: &Hub, arguments: &[&str]) -> Outcome {
    Home::fresh().regcli(["search"].iter().chain(arguments)).envs(hub.env()).run()
}

#[track_caller]
fn check(outcome: &Outcome, expected: &str) {
    Recording::at(&Home::fresh()).check(outcome, expected);
}

/// Asserts which names are found.
#[track_caller]
fn finds(hub: &Hub, arguments: &[&str], expected: &[&str]) {
    let outcome = search(hub, &[&["--format", "{{.Name}}"], arguments].concat()).succeeds();
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), expected, "{arguments:?}\n{outcome}");
}

#[test]
fn transcript_08_the_table() {
    let hub = Hub::without_images();
    for term in ["centos", "docker.io/centos", "library/centos"] {
        check(&search(&hub, &[term]), TABLE);
    }
    assert!(hub.searches().iter().all(|search| search.path == "/v1/search?q=centos&n=25"));
    assert!(hub.searches().iter().all(|search| search.credentials.is_none()));
    check(&search(&hub, &["--no-trunc", "centos"]), NO_TRUNC);
    check(&search(&hub, &["zzzznothing"]), "out| NAME      DESCRIPTION   STARS     OFFICIAL\nexit 0");
    check(
        &search(&hub, &["--limit", "3", "centos"]),
        "out| NAME                       DESCRIPTION                                 STARS     OFFICIAL
         out| centos                     DEPRECATED; The official build of CentOS.   7751      [OK]
         out| ansible/centos7-ansible    Ansible on Centos7                          134       
         out| kasmweb/centos-7-desktop   CentOS 7 desktop for Kasm Workspaces        44        
         exit 0",
    );
    assert_eq!(hub.searches().last().unwrap().path, "/v1/search?q=centos&n=3");
}

#[test]
fn transcript_08_filters() {
    let hub = Hub::without_images();
    let all = [
        "centos",
        "ansible/centos7-ansible",
        "kasmweb/centos-7-desktop",
        "bitnami/centos-base-buildpack",
        "dokken/centos-7",
        "zhongwen/centos",
        "exact45/centos",
        "exact46/centos",
        "empty/centos",
    ];
    let popular = [all[0], all[1], all[2], all[5]];
    for (arguments, expected) in [
        (&["--limit", "0"][..], &all[..]),
        (&["--limit", "-1"], &all),
        (&["--limit=100"], &all),
        (&["--limit", "1"], &all[..1]),
        (&["--filter", "stars=10"], &popular),
        (&["-f", "stars=10", "-f", "stars=100"], &all[..2]),
        (&["--filter", "is-official=true"], &all[..1]),
        (&["--filter", "is-official=false"], &all[1..]),
        // What Docker once had, and the tutorials still use.
        (&["--stars", "10"], &popular),
        (&["-s", "10"], &popular),
        (&["-s=100"], &all[..2]),
        // The limit comes before the filter.
        (&["--limit", "2", "--filter", "is-official=false"], &all[1..2]),
    ] {
        finds(&hub, &[arguments, &["centos"]].concat(), expected);
    }
    for (filter, expected) in [
        ("true", &[all[1], all[3]][..]),
        ("false", &[all[0], all[2], all[4], all[5], all[6], all[7], all[8]]),
    ] {
        let filter = format!("is-automated={filter}");
        let outcome = search(&hub, &["--format", "{{.Name}}", "--filter", &filter, "centos"]);
        let names: String = expected.iter().map(|name| format!("out| {name}\n")).collect();
        check(&outcome, &format!("{names}{DEPRECATED}exit 0"));
    }
    check(
        &search(&hub, &["--format", "{{.Name}}", "--automated", "centos"]),
        &format!("out| {}\nout| {}\n{DEPRECATED}exit 0", all[1], all[3]),
    );
}

#[test]
fn transcript_08_formats() {
    let hub = Hub::without_images();
    for (format, expected) in [
        (
            "{{.Name}}: {{.StarCount}} {{.IsOfficial}}",
            "out| centos: 7751 [OK]\nout| ansible/centos7-ansible: 134 \n",
        ),
        (
            r"table {{.Name}}\t{{.IsOfficial}}",
            "out| NAME                      OFFICIAL
             out| centos                    [OK]
             out| ansible/centos7-ansible   \n",
        ),
        (
            "json",
            r#"out| {"Description":"DEPRECATED; The official build of CentOS.","IsOfficial":"true","Name":"centos","StarCount":"7751"}
               out| {"Description":"Ansible on Centos7","IsOfficial":"false","Name":"ansible/centos7-ansible","StarCount":"134"}
            "#,
        ),
        (r"{{.Name}}\n--", "out| centos\nout| --\nout| ansible/centos7-ansible\nout| --\n"),
        (
            "{{upper .Name}} {{json .Description}}",
            "out| CENTOS \"DEPRECATED; The official build of CentOS.\"
             out| ANSIBLE/CENTOS7-ANSIBLE \"Ansible on Centos7\"\n",
        ),
    ] {
        let expected = format!(
            "{}\nexit 0",
            expected.trim_end_matches('\n').trim_end_matches("            ").trim_end_matches('\n')
        );
        check(&search(&hub, &["--limit", "2", "--format", format, "centos"]), &expected);
    }
}

#[test]
fn transcript_08_formats_that_are_none_are_refused_before_anybody_is_asked() {
    let hub = Hub::without_images();
    let no_field = |field: &str| {
        format!(
            ":1:2: executing \"\" at <.{field}>: can't evaluate field {field} in type *registry.searchContext"
        )
    };
    for (format, problem) in [
        ("{{.IsAutomated}}", no_field("IsAutomated")),
        ("{{.Nope}}", no_field("Nope")),
        ("{{.Name", ":1: unclosed action".to_owned()),
    ] {
        check(
            &search(&hub, &["--format", format, "centos"]),
            &format!("err| error: template parsing error: template: {problem}\nexit 125"),
        );
    }
    assert_eq!(hub.searches(), []);
}

#[test]
fn transcript_08_arguments_that_are_none_are_refused_before_anybody_is_asked() {
    let hub = Hub::without_images();
    let usage = "err|
                 err| Usage:  regcli search [OPTIONS] TERM
                 err|
                 err| Run 'regcli search --help' for more information
                 exit 125";
    for (filter, problem) in [
        ("nonsense=1", "invalid filter 'nonsense'"),
        ("stars=x", "invalid filter 'stars=x'"),
        ("stars", "bad format of filter (expected name=value)"),
        ("is-official=maybe", "invalid filter 'is-official=[maybe]'"),
    ] {
        check(
            &search(&hub, &["--filter", filter, "centos"]),
            &format!(
                "err| error: invalid argument \"{filter}\" for \"-f, --filter\" flag: {problem}\n{usage}"
            ),
        );
    }
    check(
        &search(&hub, &["--limit", "101", "centos"]),
        "err| error: limit 101 is outside the range of [1, 100]\nexit 125",
    );
    check(
        &search(&hub, &["http://x"]),
        &format!("err| error: invalid repository name (ex: \"registry.domain.tld/myrepos\")\n{usage}"),
    );
    check(&search(&hub, &[]), &format!("err| error: 'regcli search' requires 1 argument\n{usage}"));
    check(&search(&hub, &["a", "b"]), &format!("err| error: 'regcli search' requires 1 argument\n{usage}"));
    assert_eq!(hub.searches(), []);
}

#[test]
fn transcript_08_who_is_logged_in_searches_under_their_name() {
    let hub = Hub::without_images();
    let home = Home::fresh();
    config_json::write(&home, r#"{"auths":{"https://index.docker.io/v1/":{"auth":"ZGVtbzpodW50ZXIy"}}}"#);
    home.regcli(["search", "--limit", "1", "centos"]).envs(hub.env()).run().succeeds();
    assert_eq!(hub.searches()[0].credentials.as_deref(), Some("demo:hunter2"));
}

#[test]
fn a_registry_without_a_search_is_searched_by_its_catalog() {
    for kind in [Kind::Embedded, Kind::Docker] {
        if kind.missing() {
            return;
        }
        let registry = kind.open();
        let home = Home::fresh();
        for name in ["ubuntu", "team/ubuntu-extra", "centos"] {
            publish(&home, &Fixture::many_layers(1), &format!("{}/{name}", registry.host()));
        }
        let host = registry.host();
        let found = home.run(["search", "--format", "{{.Name}}", &format!("{host}/ubuntu")]);
        found.succeeds().prints(&format!("{host}/team/ubuntu-extra\n{host}/ubuntu\n"));
        home.run(["search", "-s", "1", &format!("{}/ubuntu", registry.host())]).succeeds();
    }
}
