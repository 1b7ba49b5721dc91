//! Values out of a fuzzer's bytes. What runs out reads as zero.

pub(crate) struct Input<'data>(&'data [u8]);

impl<'data> Input<'data> {
    pub(crate) fn new(data: &'data [u8]) -> Self {
        Self(data)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((&byte, rest)) => {
                self.0 = rest;
                byte
            }
            None => 0,
        }
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Up to 255 bytes, after a byte that says how many.
    pub(crate) fn bytes(&mut self) -> &'data [u8] {
        let length = usize::from(self.byte());
        let (bytes, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> &'data [u8] {
        std::mem::take(&mut self.0)
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    pub(crate) fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    pub(crate) fn optional<Value>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Value,
    ) -> Option<Value> {
        self.flag().then(|| read(self))
    }
}
