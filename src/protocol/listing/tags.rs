//! Lists of tags with details: one parser for each kind of registry.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::detail::{TagDetail, TagImage};
use super::values::{milliseconds, moment, parsed, size, text};
use crate::digest::Digest;
use crate::image::{MediaType, Platform};
use crate::reference::Tag;

/// The maximum number of images of one tag that are kept.
const IMAGES_MAX: usize = 100;

/// The maximum length of a token, which becomes a part of a URL.
const TOKEN_MAX: usize = 4096;

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagPage {
    /// The tags in the registry's order.
    pub tags: Vec<TagDetail>,
    /// How many entries the page has, including those that cannot be read.
    pub entries: usize,
    /// Whether the page says that there is another one.
    pub has_more: bool,
    /// The token of the next page, if pages have tokens.
    pub token: Option<String>,
}

/// The result of parsing a page.
type Parsed = Result<TagPage, serde_json::Error>;

/// Parses Docker Hub's response to `GET /v2/namespaces/NS/repositories/REPO/tags`.
///
/// See <https://docs.docker.com/reference/api/hub/latest/>.
///
/// # Errors
/// An error if it has no list.
pub fn hub(body: &[u8]) -> Parsed {
    #[derive(Deserialize)]
    struct Answer {
        results: Vec<Value>,
        #[serde(default)]
        next: Option<String>,
    }
    let Answer { results, next } = serde_json::from_slice(body)?;
    let read = |entry: &Value| {
        let all = list(&entry["images"]);
        let only = all.first().filter(|_| all.len() == 1);
        let sized = |image| Some(TagImage { platform: platform(image)?, size: size(&image["size"]) });
        Some(TagDetail {
            digest: parsed(entry, "digest").or_else(|| parsed(only?, "digest")),
            size: if all.len() > 1 { None } else { size(&entry["full_size"]) },
            images: all.iter().filter_map(sized).take(IMAGES_MAX).collect(),
            artifact_type: text(entry, "content_type").filter(|kind| *kind != "image").map(str::to_owned),
            pushed: moment(&entry["tag_last_pushed"]).or_else(|| moment(&entry["last_updated"])),
            pulled: moment(&entry["tag_last_pulled"]),
            ..TagDetail::named(parsed(entry, "name")?)
        })
    };
    Ok(TagPage { has_more: next.is_some_and(|next| !next.is_empty()), ..page(&results, read) })
}

/// Parses GitLab's response to `GET /gitlab/v1/repositories/PATH/tags/list/`.
///
/// See <https://gitlab.com/gitlab-org/container-registry/-/blob/master/docs/spec/gitlab/api.md>.
///
/// # Errors
/// An error if it is not a list.
pub fn gitlab(body: &[u8]) -> Parsed {
    let entries: Vec<Value> = serde_json::from_slice(body)?;
    let pushed = |entry: &Value| {
        ["published_at", "updated_at", "created_at"].iter().find_map(|key| moment(&entry[*key]))
    };
    let read = |entry: &Value| {
        Some(TagDetail {
            digest: parsed(entry, "digest"),
            size: size(&entry["size_bytes"]).filter(|_| !is_index(entry, "media_type")),
            pushed: pushed(entry),
            ..TagDetail::named(parsed(entry, "name")?)
        })
    };
    Ok(page(&entries, read))
}

/// Parses Harbor's response to `GET /api/v2.0/projects/P/repositories/R/artifacts`, which lists tags below artifacts.
///
/// See <https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml>.
///
/// # Errors
/// An error if it is not a list.
pub fn harbor(body: &[u8]) -> Parsed {
    let entries: Vec<Value> = serde_json::from_slice(body)?;
    let tags = entries.iter().flat_map(harbor_tags).collect();
    Ok(TagPage { tags, entries: entries.len(), ..TagPage::default() })
}

fn harbor_tags(artifact: &Value) -> Vec<TagDetail> {
    let attributes = &artifact["extra_attrs"];
    let references = list(&artifact["references"]);
    // The size of an index is that of all its images together.
    let size = size(&artifact["size"]).filter(|_| references.is_empty());
    let children = references.iter().filter_map(|reference| platform(&reference["platform"]));
    let platforms = children.chain(platform(attributes).filter(|_| references.is_empty()));
    let is_image = text(artifact, "type").is_none_or(|kind| kind == "IMAGE");
    let kind = || text(artifact, "artifact_type").or_else(|| text(artifact, "media_type"));
    let common = TagDetail {
        digest: parsed(artifact, "digest"),
        size,
        images: platforms.map(|platform| TagImage { platform, size }).take(IMAGES_MAX).collect(),
        artifact_type: if is_image { None } else { kind().map(str::to_owned) },
        created: parsed(attributes, "created"),
        ..TagDetail::named(Tag::latest())
    };
    let read = |tag: &Value| {
        Some(TagDetail {
            tag: parsed(tag, "name")?,
            pushed: moment(&tag["push_time"]).or_else(|| moment(&artifact["push_time"])),
            pulled: moment(&tag["pull_time"]),
            ..common.clone()
        })
    };
    list(&artifact["tags"]).iter().filter_map(read).collect()
}

/// Parses Quay's response to `GET /api/v1/repository/NS/REPO/tag/`.
///
/// See `endpoints/api/tag.py` of <https://github.com/quay/quay>.
///
/// # Errors
/// An error if it has no list.
pub fn quay(body: &[u8]) -> Parsed {
    #[derive(Deserialize)]
    struct Answer {
        tags: Vec<Value>,
        #[serde(default)]
        has_additional: bool,
    }
    let Answer { tags, has_additional } = serde_json::from_slice(body)?;
    let read = |entry: &Value| {
        let is_index = entry["is_manifest_list"].as_bool().unwrap_or(false);
        Some(TagDetail {
            digest: parsed(entry, "manifest_digest"),
            size: size(&entry["size"]).filter(|_| !is_index),
            pushed: entry["start_ts"].as_i64().and_then(|second| Timestamp::from_second(second).ok()),
            ..TagDetail::named(parsed(entry, "name")?)
        })
    };
    Ok(TagPage { has_more: has_additional, ..page(&tags, read) })
}

/// Parses Azure's response to `GET /acr/v1/NAME/_tags`.
///
/// See <https://learn.microsoft.com/rest/api/containerregistry/tag/get-list>.
///
/// # Errors
/// An error if it has no list.
pub fn azure(body: &[u8]) -> Parsed {
    #[derive(Deserialize)]
    struct Answer {
        // A repository without tags has none.
        tags: Option<Vec<Value>>,
    }
    let Answer { tags } = serde_json::from_slice(body)?;
    let read = |entry: &Value| {
        Some(TagDetail {
            digest: parsed(entry, "digest"),
            pushed: moment(&entry["lastUpdateTime"]).or_else(|| moment(&entry["createdTime"])),
            ..TagDetail::named(parsed(entry, "name")?)
        })
    };
    Ok(page(&tags.unwrap_or_default(), read))
}

/// Parses the list of tags of Google's registries, which has all manifests.
///
/// See `pkg/v1/google/list.go` of <https://github.com/google/go-containerregistry>.
///
/// # Errors
/// An error if it has no list.
pub fn google(body: &[u8]) -> Parsed {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        tags: Option<Vec<String>>,
        manifest: HashMap<String, Value>,
    }
    let Answer { tags, manifest } = serde_json::from_slice(body)?;
    let mut found = HashMap::new();
    for (digest, entry) in &manifest {
        found.extend(list(&entry["tag"]).iter().filter_map(|tag| Some((tag.as_str()?, (digest, entry)))));
    }
    let read = |name: &String| {
        let named = TagDetail::named(name.parse().ok()?);
        let Some((digest, entry)) = found.get(name.as_str()) else { return Some(named) };
        Some(TagDetail {
            digest: digest.parse().ok(),
            size: size(&entry["imageSizeBytes"]).filter(|_| !is_index(entry, "mediaType")),
            created: milliseconds(&entry["timeCreatedMs"]),
            pushed: milliseconds(&entry["timeUploadedMs"]),
            ..named
        })
    };
    let tags = tags.unwrap_or_default();
    Ok(TagPage { tags: tags.iter().filter_map(read).collect(), entries: tags.len(), ..TagPage::default() })
}

/// Parses Nexus' response to `GET /service/rest/v1/search`, which finds components: tags of all repositories that
/// match. Those of the image `name` are returned; `repository` is the repository in Nexus' sense, if it is known.
///
/// See <https://help.sonatype.com/en/search-api.html>.
///
/// # Errors
/// An error if it has no list.
pub fn nexus(body: &[u8], name: &str, repository: Option<&str>) -> Parsed {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        items: Vec<Value>,
        #[serde(default)]
        continuation_token: Option<String>,
    }
    let Answer { items, continuation_token } = serde_json::from_slice(body)?;
    let is_wanted = |item: &&Value| {
        item["name"] == name && repository.is_none_or(|repository| item["repository"] == repository)
    };
    let read = |item: &Value| {
        let asset = list(&item["assets"]).first().unwrap_or(&Value::Null);
        let sha256 = text(&asset["checksum"], "sha256");
        Some(TagDetail {
            digest: sha256.and_then(|sha256| format!("sha256:{sha256}").parse::<Digest>().ok()),
            pushed: moment(&asset["blobCreated"]).or_else(|| moment(&asset["lastModified"])),
            pulled: moment(&asset["lastDownloaded"]),
            ..TagDetail::named(parsed(item, "version")?)
        })
    };
    Ok(TagPage {
        tags: items.iter().filter(is_wanted).filter_map(read).collect(),
        entries: items.len(),
        has_more: continuation_token.is_some(),
        token: continuation_token.filter(|token| token.len() <= TOKEN_MAX),
    })
}

fn page(entries: &[Value], read: impl Fn(&Value) -> Option<TagDetail>) -> TagPage {
    let tags = entries.iter().filter_map(read).collect();
    TagPage { tags, entries: entries.len(), ..TagPage::default() }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Returns a platform whose parts are fields, unless it is that of an attestation.
fn platform(entry: &Value) -> Option<Platform> {
    let (os, architecture) = (text(entry, "os")?, text(entry, "architecture")?);
    let platform = Platform::new(os, architecture, text(entry, "variant"));
    (!platform.is_unknown()).then_some(platform)
}

fn is_index(entry: &Value, key: &str) -> bool {
    text(entry, key).is_some_and(|media_type| MediaType::from_header(media_type).is_index())
}
