//! Peer URLs as clients give them.

use http::Uri;

use super::super::errors::EtcdError;

/// The URLs, sorted, with the address of the first as `host:port`; refused are an empty list, other schemes than
/// `http` and `https`, a missing port, a path.
pub(crate) fn parse(urls: &[String]) -> Result<(Vec<String>, String), EtcdError> {
    let mut valid: Vec<(String, String)> = Vec::with_capacity(urls.len());
    for url in urls {
        let url = url.trim();
        valid.push((
            url.to_owned(),
            address(url).ok_or(EtcdError::MemberBadUrls)?,
        ));
    }
    valid.sort();
    let (_, first) = valid.first().ok_or(EtcdError::MemberBadUrls)?;
    let first = first.clone();
    Ok((valid.into_iter().map(|(url, _)| url).collect(), first))
}

fn address(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri
        .scheme_str()
        .is_some_and(|s| s == "http" || s == "https");
    // A parsed URI has the path `/` where none was written.
    let bare = uri.query().is_none() && (uri.path() == "/" && !url.ends_with('/'));
    let authority = uri.authority()?;
    let port = authority.port_u16()?;
    (scheme && bare && !authority.host().is_empty()).then(|| format!("{}:{port}", authority.host()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        type Parsed<'a> = Option<(&'a [&'a str], &'a str)>;
        let table: [(&[&str], Parsed<'_>); 8] = [
            (
                &["http://127.0.0.1:2380"],
                Some((&["http://127.0.0.1:2380"], "127.0.0.1:2380")),
            ),
            (
                &["https://b.example:1", " http://a.example:2 "],
                Some((
                    &["http://a.example:2", "https://b.example:1"],
                    "a.example:2",
                )),
            ),
            (
                &["http://[::1]:2380"],
                Some((&["http://[::1]:2380"], "[::1]:2380")),
            ),
            (&[], None),
            (&["127.0.0.1:2380"], None),
            (&["http://127.0.0.1"], None),
            (&["http://127.0.0.1:2380/path"], None),
            (&["ftp://127.0.0.1:2380"], None),
        ];
        for (given, expected) in table {
            let given: Vec<String> = given.iter().map(|s| (*s).to_owned()).collect();
            let expected = expected.map(|(urls, first)| {
                (
                    urls.iter().map(|s| (*s).to_owned()).collect(),
                    first.to_owned(),
                )
            });
            assert_eq!(parse(&given).ok(), expected, "{given:?}");
        }
    }
}
