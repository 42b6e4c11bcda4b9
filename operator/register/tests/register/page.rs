//! A reader of pages that is as strict as a validator in what it looks at: nesting, ids, references,
//! headings, tables, labels. It reads only what the templates write.

use std::collections::BTreeSet;

/// Elements without an end tag.
const VOID: [&str; 4] = ["meta", "link", "input", "br"];

/// What was read from a page.
#[derive(Debug, Default)]
pub struct Page {
    /// Every tag that was opened, with its attributes.
    pub tags: Vec<(String, Vec<(String, String)>)>,
    /// Text without tags.
    pub text: String,
}

impl Page {
    /// Reads `html`, or says what is wrong with its form.
    pub fn read(html: &str) -> Result<Self, String> {
        let mut page = Self::default();
        let mut open: Vec<String> = Vec::new();
        let mut rest = html.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
        while let Some((text, after)) = rest.split_once('<') {
            page.text.push_str(&plain(text));
            let (tag, after) = after.split_once('>').ok_or("a tag without its end")?;
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                let last = open.pop().ok_or_else(|| format!("</{name}> closes nothing"))?;
                if last != name {
                    return Err(format!("</{name}> where </{last}> was due"));
                }
                continue;
            }
            let (name, attributes) = attributes(tag)?;
            if !VOID.contains(&name.as_str()) {
                open.push(name.clone());
            }
            page.tags.push((name, attributes));
        }
        page.text.push_str(&plain(rest));
        if open.is_empty() { Ok(page) } else { Err(format!("never closed: {open:?}")) }
    }

    /// Everything about the page that keeps someone from using it.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let ids: Vec<&str> = self.values("id").collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        if unique.len() != ids.len() {
            faults.push(format!("ids are not unique: {ids:?}"));
        }
        let targets = self.values("href").filter_map(|href| href.strip_prefix('#'));
        for target in self.values("aria-labelledby").chain(self.values("for")).chain(targets) {
            if !unique.contains(target) {
                faults.push(format!("nothing has the id `{target}`"));
            }
        }
        let mut level = 0;
        for (name, _) in &self.tags {
            let Some(next) = name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok()) else { continue };
            if next > level + 1 || (next == 1 && level != 0) {
                faults.push(format!("<{name}> after a heading of level {level}"));
            }
            level = next;
        }
        for (once, count) in [("main", 1), ("h1", 1), ("header", 1), ("nav", 1), ("title", 1)] {
            if self.count(once) != count {
                faults.push(format!("{} <{once}>, not {count}", self.count(once)));
            }
        }
        if self.count("table") != self.count("caption") {
            faults.push("a table without a caption".to_owned());
        }
        if self
            .tags
            .iter()
            .any(|(name, attributes)| name == "th" && !attributes.iter().any(|(name, _)| name == "scope"))
        {
            faults.push("a heading of a table that does not say of what".to_owned());
        }
        for forbidden in ["script", "style", "iframe", "img", "object"] {
            if self.count(forbidden) > 0 {
                faults.push(format!("<{forbidden}>"));
            }
        }
        if self
            .tags
            .iter()
            .flat_map(|(_, attributes)| attributes)
            .any(|(name, _)| name.starts_with("on") || name == "style")
        {
            faults.push("an attribute that the content security policy forbids".to_owned());
        }
        faults
    }

    /// Number of elements.
    pub fn count(&self, name: &str) -> usize {
        self.tags.iter().filter(|(tag, _)| tag == name).count()
    }

    /// Values of an attribute, in order.
    pub fn values<'p>(&'p self, attribute: &'p str) -> impl Iterator<Item = &'p str> {
        let all = self.tags.iter().flat_map(|(_, attributes)| attributes);
        all.filter(move |(name, _)| name == attribute).map(|(_, value)| value.as_str())
    }
}

fn attributes(tag: &str) -> Result<(String, Vec<(String, String)>), String> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        let (attribute, after) =
            rest.split_once("=\"").ok_or_else(|| format!("<{tag}>: an attribute without a quoted value"))?;
        let (value, after) = after.split_once('"').ok_or_else(|| format!("<{tag}>: a quote that does not end"))?;
        attributes.push((attribute.trim().to_owned(), plain(value)));
        rest = after;
    }
    Ok((name.to_owned(), attributes))
}

/// `text` as a reader sees it, without the escapes that templates write.
fn plain(text: &str) -> String {
    let escapes = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    escapes.into_iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}
