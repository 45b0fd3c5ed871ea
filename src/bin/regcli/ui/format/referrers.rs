//! What belongs to an image, as a tree for users and as JSON for programs.

use regcli::image::{Artifact, ArtifactKind};
use regcli::ops::{NodeState, ReferrerTree, Relation};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::charset::Charset;
use super::safe::{safe, safe_start};
use super::tree::{Canvas, cut};
use super::units;

/// The maximum length of a foreign name in a line, in characters.
const NAME_MAX: usize = 60;

/// How many predicates or files of an artifact a line names.
const NAMED: usize = 3;

/// The width of the columns after the name: digest and size, each with a gap of three.
const REST: usize = 3 + 12 + 3 + 10;

/// Beginnings of predicates and how they are known. The longer ones come first.
const PREDICATES: [(&str, &str); 9] = [
    ("https://slsa.dev/provenance", "SLSA provenance"),
    ("https://slsa.dev/verification_summary", "SLSA verification summary"),
    ("https://spdx.dev/Document", "SPDX"),
    ("https://cyclonedx.org/", "CycloneDX"),
    ("https://openvex.dev/", "OpenVEX"),
    ("https://cosign.sigstore.dev/attestation/vuln", "vulnerability scan"),
    ("https://in-toto.io/attestation/vulns", "vulnerability scan"),
    ("https://in-toto.io/attestation/scai", "SCAI"),
    ("https://sigstore.dev/cosign/sign/", "cosign sign"),
];

/// A line: the branches and the name, then the cells.
struct Line {
    name: String,
    digest: String,
    size: String,
}

/// Draws what belongs to the image of this name.
pub(crate) fn draw(name: &str, tree: &ReferrerTree, canvas: Canvas) -> String {
    let mut lines = vec![Line { name: name.to_owned(), ..cells(tree) }];
    add(&mut lines, tree, "", canvas.charset);
    let widest = lines.iter().map(|line| line.name.width()).max().unwrap_or(0);
    let width = canvas.width.map_or(widest, |columns| widest.min(columns.saturating_sub(REST).max(1)));
    let mut text = String::new();
    for line in lines {
        let name = cut(&line.name, width, canvas.charset);
        let padding = " ".repeat(width.saturating_sub(name.width()));
        let drawn = format!("{name}{padding}   {}   {:>10}", line.digest, line.size);
        text.push_str(drawn.trim_end());
        text.push('\n');
    }
    text
}

fn add(lines: &mut Vec<Line>, tree: &ReferrerTree, indent: &str, charset: Charset) {
    let (branch, end, line, gap) = match charset {
        Charset::Utf8 => ("├─ ", "└─ ", "│  ", "   "),
        Charset::Ascii => ("|- ", "`- ", "|  ", "   "),
    };
    for (index, found) in tree.branches.iter().enumerate() {
        let is_last = index + 1 == tree.branches.len();
        let mark = if is_last { end } else { branch };
        lines.push(Line { name: format!("{indent}{mark}{}", words(found)), ..cells(found) });
        add(lines, found, &format!("{indent}{}", if is_last { gap } else { line }), charset);
    }
}

fn cells(found: &ReferrerTree) -> Line {
    let size = found.artifact.as_ref().map(|artifact| units::size(artifact.size)).unwrap_or_default();
    Line { name: String::new(), digest: found.descriptor.digest.short().to_owned(), size }
}

/// Returns what a manifest is, with its platform or its tag.
fn words(found: &ReferrerTree) -> String {
    let kind = found.artifact.as_ref().map(|artifact| described(found, artifact));
    let mut text = kind.unwrap_or_else(|| match found.descriptor.platform.as_ref() {
        Some(platform) => safe(&platform.to_string()).into_owned(),
        None => {
            named(found.descriptor.artifact_type.as_deref().unwrap_or(found.descriptor.media_type.as_str()))
        }
    });
    if let Relation::Attached(tag) = &found.relation {
        let ending = tag.as_str().rsplit_once('.').map_or(tag.as_str(), |(_, ending)| ending);
        text.push_str(&format!(" (tag .{})", safe(ending)));
    }
    match found.state {
        NodeState::Present => {}
        NodeState::Missing => text.push_str(" (missing)"),
        NodeState::Unsupported => text.push_str(" (unsupported)"),
        NodeState::Repeated => text.push_str(" (see above)"),
    }
    text
}

fn described(found: &ReferrerTree, artifact: &Artifact) -> String {
    let platform = found.descriptor.platform.as_ref().filter(|platform| !platform.is_unknown());
    if let (ArtifactKind::Image | ArtifactKind::Index, Some(platform)) = (artifact.kind, platform) {
        return safe(&platform.to_string()).into_owned();
    }
    let mut text = match (artifact.kind, &artifact.artifact_type) {
        (ArtifactKind::Other, Some(artifact_type)) => named(artifact_type),
        (kind, _) => words_of(kind).to_owned(),
    };
    let predicates: Vec<String> = artifact.predicates.iter().map(|predicate| known(predicate)).collect();
    let details = if predicates.is_empty() {
        artifact.files.iter().map(|file| named(file)).collect()
    } else {
        predicates
    };
    if !details.is_empty() && artifact.kind != ArtifactKind::SigstoreSignature {
        text.push_str(": ");
        text.push_str(&details[..details.len().min(NAMED)].join(", "));
        if details.len() > NAMED {
            text.push_str(&format!(" and {} more", details.len() - NAMED));
        }
    }
    text
}

/// Returns a foreign name, cut if it is long.
fn named(text: &str) -> String {
    safe_start(text, NAME_MAX).into_owned()
}

fn known(predicate: &str) -> String {
    let found = PREDICATES.iter().find(|(start, _)| predicate.starts_with(start));
    found.map_or_else(|| named(predicate), |(_, name)| (*name).to_owned())
}

fn words_of(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Index => "index",
        ArtifactKind::Image => "image",
        ArtifactKind::CosignSignature => "cosign signature",
        ArtifactKind::CosignAttestation => "cosign attestation",
        ArtifactKind::SigstoreSignature => "sigstore signature",
        ArtifactKind::SigstoreAttestation => "sigstore attestation",
        ArtifactKind::SigstoreBundle => "sigstore bundle",
        ArtifactKind::NotationSignature => "Notation signature",
        ArtifactKind::Spdx => "SPDX SBOM",
        ArtifactKind::CycloneDx => "CycloneDX SBOM",
        ArtifactKind::Syft => "Syft SBOM",
        ArtifactKind::InToto => "in-toto attestation",
        ArtifactKind::BuildKitAttestation => "BuildKit attestation",
        ArtifactKind::HelmChart => "Helm chart",
        ArtifactKind::HelmProvenance => "Helm provenance",
        ArtifactKind::Sarif => "SARIF report",
        ArtifactKind::OpenVex => "OpenVEX statement",
        ArtifactKind::Other => "artifact",
    }
}

/// Returns the tree as JSON.
pub(crate) fn json(tree: &ReferrerTree) -> Value {
    let (relation, tag) = match &tree.relation {
        Relation::Image => ("image", None),
        Relation::Child => ("child", None),
        Relation::Referrer => ("referrer", None),
        Relation::Attached(tag) => ("tag", Some(tag.as_str())),
    };
    let state = match tree.state {
        NodeState::Present => "present",
        NodeState::Missing => "missing",
        NodeState::Unsupported => "unsupported",
        NodeState::Repeated => "repeated",
    };
    let mut value = json!({
        "relation": relation,
        "mediaType": tree.descriptor.media_type,
        "digest": tree.descriptor.digest,
        "size": tree.descriptor.size,
        "state": state,
    });
    if let Some(tag) = tag {
        value["tag"] = tag.into();
    }
    if let Some(platform) = &tree.descriptor.platform {
        value["platform"] = platform.to_string().into();
    }
    if let Some(artifact) = &tree.artifact {
        value["kind"] = words_of(artifact.kind).to_ascii_lowercase().replace(' ', "-").into();
        value["artifactType"] = json!(artifact.artifact_type);
        value["predicates"] = json!(artifact.predicates);
        value["files"] = json!(artifact.files);
        value["contentSize"] = artifact.size.into();
    }
    if !tree.branches.is_empty() {
        value["referrers"] = tree.branches.iter().map(json).collect();
    }
    value
}

#[cfg(test)]
mod tests {
    use regcli::image::{Descriptor, MediaType};

    use super::*;

    fn node(relation: Relation, kind: ArtifactKind, branches: Vec<ReferrerTree>) -> ReferrerTree {
        let artifact =
            Artifact { kind, artifact_type: None, predicates: Vec::new(), files: Vec::new(), size: 1_500 };
        let descriptor = Descriptor::of(MediaType::OCI_MANIFEST, b"x");
        ReferrerTree { relation, descriptor, artifact: Some(artifact), state: NodeState::Present, branches }
    }

    fn tree() -> ReferrerTree {
        let signature = node(Relation::Referrer, ArtifactKind::NotationSignature, Vec::new());
        let mut arm = node(Relation::Child, ArtifactKind::Image, vec![signature]);
        arm.descriptor.platform = Some("linux/arm64".parse().unwrap());
        let mut attestation = node(Relation::Child, ArtifactKind::BuildKitAttestation, Vec::new());
        attestation.descriptor.platform = Some("unknown/unknown".parse().unwrap());
        attestation.artifact.as_mut().unwrap().predicates =
            vec!["https://slsa.dev/provenance/v1".to_owned(), "https://spdx.dev/Document".to_owned()];
        let tag = "sha256-ab.sig".parse().unwrap();
        let mut old = node(Relation::Attached(tag), ArtifactKind::CosignSignature, Vec::new());
        old.state = NodeState::Repeated;
        let mut odd = node(Relation::Referrer, ArtifactKind::Other, Vec::new());
        odd.artifact.as_mut().unwrap().artifact_type = Some("application/x\u{1b}[2J".to_owned());
        node(Relation::Image, ArtifactKind::Index, vec![arm, attestation, old, odd])
    }

    fn shown(width: Option<usize>, charset: Charset) -> String {
        let short = Descriptor::of(MediaType::OCI_MANIFEST, b"x").digest.short().to_owned();
        draw("app:1", &tree(), Canvas { width, charset }).replace(&short, "<--digest-->")
    }

    #[test]
    fn each_line_says_what_something_is() {
        let expected = "\
app:1                                            <--digest-->        1.5kB
├─ linux/arm64                                   <--digest-->        1.5kB
│  └─ Notation signature                         <--digest-->        1.5kB
├─ BuildKit attestation: SLSA provenance, SPDX   <--digest-->        1.5kB
├─ cosign signature (tag .sig) (see above)       <--digest-->        1.5kB
└─ application/x\\u{1b}[2J                        <--digest-->        1.5kB
";
        assert_eq!(shown(None, Charset::Utf8), expected);
        for width in 30..100 {
            let text = shown(Some(width), Charset::Ascii);
            assert!(text.is_ascii() && text.lines().all(|line| line.width() <= width), "{width}: {text}");
        }
    }

    #[test]
    fn json_has_the_same_tree() {
        let value = json(&tree());
        assert_eq!(value["relation"], "image");
        assert_eq!(value["referrers"][0]["platform"], "linux/arm64");
        assert_eq!(value["referrers"][0]["referrers"][0]["kind"], "notation-signature");
        assert_eq!(value["referrers"][2]["tag"], "sha256-ab.sig");
        assert_eq!(value["referrers"][2]["state"], "repeated");
    }
}
