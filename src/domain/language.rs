//! The two languages the program speaks.

use super::named::named;

named! {
    /// A language of pages, problems and messages, the default one first; its name is its BCP 47 tag.
    #[derive(Default, PartialOrd, Ord)]
    pub enum Language {
        #[default]
        ZhCn = "zh-CN",
        En = "en",
    }
}

impl Language {
    /// The language of a tag that somebody wrote, in whatever case, if we speak it.
    pub fn tagged(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.as_str().eq_ignore_ascii_case(tag))
    }

    /// The best match for an `Accept-Language` header; Chinese where nothing fits.
    pub fn accepted(header: &str) -> Language {
        let mut wanted: Vec<(f32, usize, Language)> = header
            .split(',')
            .enumerate()
            .filter_map(|(place, item)| {
                let mut parts = item.split(';');
                let tag = parts.next()?.trim();
                let weight = parts
                    .find_map(|p| p.trim().strip_prefix("q="))
                    .map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
                let language = match tag.split('-').next()?.to_ascii_lowercase().as_str() {
                    "zh" => Language::ZhCn,
                    "en" => Language::En,
                    _ => return None,
                };
                (weight > 0.0).then_some((weight, place, language))
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        wanted.first().map_or(Language::ZhCn, |w| w.2)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_header_is_read_by_weight_and_order() {
        for (header, expected) in [
            ("", Language::ZhCn),
            ("en", Language::En),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::En),
            ("fr, en;q=0.3, zh-TW;q=0.4", Language::ZhCn),
            ("en;q=0", Language::ZhCn),
            ("*;q=0.5, \u{0}, en;q=x", Language::ZhCn),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header:?}");
        }
    }
}
