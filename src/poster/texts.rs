//! The fixed sentences on every poster.

/// Fixed words in the poster's language; what differs between notices is in [`super::Poster`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texts<'a> {
    /// The product's name, at the right of the band.
    pub brand: &'a str,
    /// Why the poster can be trusted, below the name.
    pub verified: &'a str,
    /// Before the case number.
    pub case_number: &'a str,
    /// Before the end of validity.
    pub valid_until: &'a str,
    /// What scanning the code does while the notice is live.
    pub scan: &'a str,
    /// What it does once it is paused or over: nobody takes tips then.
    pub scan_ended: &'a str,
    /// That the poster is only as good as the page behind the code.
    pub latest: &'a str,
    /// Headline once the notice is over.
    pub over: &'a str,
    /// What to do then.
    pub over_act: &'a str,
    /// Why, in a sentence or two.
    pub over_note: &'a str,
    /// Headline while the notice is being checked again.
    pub paused: &'a str,
    /// What to do meanwhile.
    pub paused_act: &'a str,
    /// Why, in a sentence or two.
    pub paused_note: &'a str,
}

impl Texts<'static> {
    /// Simplified Chinese.
    pub const fn zh_cn() -> Self {
        Self {
            brand: "72小时",
            verified: "志愿者已核实",
            case_number: "编号",
            valid_until: "有效期至",
            scan: "扫码查看最新状态、提供线索",
            scan_ended: "扫码查看最新状态",
            latest: "转发前请先扫码，以最新状态为准",
            over: "本条信息已结束",
            over_act: "请停止转发",
            over_note: "请删除保存的旧图片，保护当事人的隐私。",
            paused: "核实中",
            paused_act: "请暂停转发",
            paused_note: "志愿者正在核实本条信息。请扫码查看最新状态。",
        }
    }

    /// English.
    pub const fn en() -> Self {
        Self {
            brand: "Seventy-Two",
            verified: "Checked by volunteers",
            case_number: "Case",
            valid_until: "Valid until",
            scan: "Scan for status and tips",
            scan_ended: "Scan for the latest status",
            latest: "Before sharing, scan: only the latest status counts",
            over: "This notice is over",
            over_act: "Please stop sharing it",
            over_note: "Delete saved copies to protect the privacy of those concerned.",
            paused: "Being checked",
            paused_act: "Please do not share for now",
            paused_note: "Volunteers are checking this notice. Scan for the latest status.",
        }
    }
}
