//! The search term in the query languages of registries. A term never changes what a query means.

use serde_json::json;

/// How many items are requested from Artifactory in one page.
pub const ARTIFACTORY_PAGE: u32 = 1000;

/// The query that zot is asked. The term is a variable and thus no part of it.
pub const ZOT: &str = "query($term:String!,$page:PageInput){GlobalSearch(query:$term,requestedPage:$page)\
    {Page{TotalCount ItemCount}Repos{Name LastUpdated DownloadCount StarCount NewestImage{Description}}}}";

/// Returns the value of Harbor's parameter `q` for repositories whose names contain `term`.
///
/// Returns `None` if the term has characters that mean something in this language, which has no way to quote them:
/// `%` and `+` are even decoded twice. No name has such characters. An empty term has no value, either.
pub fn harbor(term: &str) -> Option<String> {
    (!term.is_empty() && term.chars().all(is_literal)).then(|| format!("name=~{term}"))
}

/// Returns the variables of [`ZOT`] for the results from `offset` on.
pub fn zot(term: &str, offset: u32, limit: u32) -> String {
    json!({"term": term, "page": {"limit": limit, "offset": offset, "sortBy": "RELEVANCE"}}).to_string()
}

/// Returns the query in Artifactory's language for the manifests of images whose names contain `term`, the most
/// recent ones first. `REPOSITORY/IMAGE` is a name, too.
///
/// A character that no name has stands for any character, because the language has no way to quote all of them. The
/// results have to be compared with the term.
pub fn artifactory(term: &str, offset: u32) -> String {
    let within = |part: &str| part.chars().map(|c| if is_literal(c) { c } else { '?' }).collect::<String>();
    let mut names = vec![json!({"@docker.repoName": {"$match": format!("*{}*", within(term))}})];
    if let Some((repository, image)) = term.split_once('/') {
        names.push(json!({"$and": [
            {"repo": {"$match": format!("*{}", within(repository))}},
            {"@docker.repoName": {"$match": format!("{}*", within(image))}},
        ]}));
    }
    let files = json!([{"name": "manifest.json"}, {"name": "list.manifest.json"}]);
    let wanted = json!({"$and": [{"$or": files}, {"$or": names}]});
    // Users without administrative rights have to include the first three.
    format!(
        "items.find({wanted}).include(\"repo\",\"path\",\"name\",\"modified\")\
         .sort({{\"$desc\":[\"modified\"]}}).offset({offset}).limit({ARTIFACTORY_PAGE})"
    )
}

/// Reports whether a character may be a part of a repository's name, and means only itself everywhere.
fn is_literal(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')
}
