//! The zip around a package, in the only form that is accepted.
//!
//! Every field of a zip that this program does not need has one value, members have
//! one order and nothing lies between them. A file is read by making all its headers
//! anew and comparing: so no byte of them can be changed, and there is nothing that
//! two programs could read in two ways. (What is compressed is covered by the signed
//! manifest, since another version of a compressor may make other bytes of the same
//! content.) Ordinary tools unpack it. See `docs/exchange.md`.

use std::io::{Read, Write};

use flate2::{Compression, Crc, read::DeflateDecoder, write::DeflateEncoder};

use super::ExchangeError;

/// Members that are not compressed and come first, in this order.
pub(super) const FIRST: [&str; 2] = ["manifest.json", "signature.json"];

/// Most bytes of a package, which is read into memory as a whole.
pub(super) const MOST_FILE: u64 = 512 << 20;

/// Most bytes of all members together once they are unpacked: ten million ballots of
/// ten questions, at about 100 bytes a line. Deflate makes up to 1,032 bytes of one, so
/// a limit is needed.
pub(super) const MOST_UNPACKED: u64 = 1 << 30;

/// Most bytes of a member that is not compressed.
pub(super) const MOST_STORED: u64 = 16 << 20;

/// Most members: forms and their versions, two members each.
const MOST_MEMBERS: usize = 2000;

/// Level of compression; one value, so that the same content gives the same bytes.
const LEVEL: u32 = 6;

/// MS-DOS for 1980-01-01, the first day that a zip can have.
const DAY: u16 = 0x0021;

/// Names are UTF-8.
const FLAGS: u16 = 0x0800;

/// Version 2.0 of the format: deflate.
const VERSION: u16 = 20;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_LEN: usize = 30;
const CENTRAL_LEN: usize = 46;
const END_LEN: usize = 22;

/// A file in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member<'a> {
    pub name: String,
    /// CRC-32 of the content.
    pub crc: u32,
    /// Bytes of the content.
    pub size: u64,
    /// As it lies in the file.
    pub packed: std::borrow::Cow<'a, [u8]>,
}

impl<'a> Member<'a> {
    /// Compresses what goes into a package, but for the first two members.
    pub fn pack(name: &str, content: &'a [u8]) -> Result<Self, ExchangeError> {
        let mut crc = Crc::new();
        crc.update(content);
        let packed = if FIRST.contains(&name) {
            content.into()
        } else {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
            encoder
                .write_all(content)
                .and_then(|()| encoder.finish())
                .map_err(ExchangeError::io(name, "compress"))?
                .into()
        };
        Ok(Self {
            name: name.to_owned(),
            crc: crc.sum(),
            size: content.len() as u64,
            packed,
        })
    }

    /// The content; never more bytes than the member says it has.
    pub fn unpack(&self) -> Result<Vec<u8>, ExchangeError> {
        let wrong = || ExchangeError::MemberChanged(self.name.clone());
        let content = if FIRST.contains(&self.name.as_str()) {
            self.packed.to_vec()
        } else {
            let mut out = Vec::new();
            let mut decoder = DeflateDecoder::new(&*self.packed).take(self.size + 1);
            decoder.read_to_end(&mut out).map_err(|_| wrong())?;
            out
        };
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() as u64 != self.size || crc.sum() != self.crc {
            return Err(wrong());
        }
        Ok(content)
    }

    fn method(&self) -> u16 {
        if FIRST.contains(&self.name.as_str()) {
            0
        } else {
            8
        }
    }

    /// What both headers have in common, from the version that is needed to the
    /// length of the extra field.
    fn common(&self, out: &mut Vec<u8>) -> Result<(), ExchangeError> {
        for word in [VERSION, FLAGS, self.method(), 0, DAY] {
            out.extend(word.to_le_bytes());
        }
        for number in [u64::from(self.crc), self.packed.len() as u64, self.size] {
            out.extend(narrow(number)?.to_le_bytes());
        }
        let name = u16::try_from(self.name.len()).map_err(|_| ExchangeError::whole("a name"))?;
        out.extend(name.to_le_bytes());
        out.extend(0u16.to_le_bytes());
        Ok(())
    }

    fn local(&self) -> Result<Vec<u8>, ExchangeError> {
        let mut out = LOCAL.to_le_bytes().to_vec();
        self.common(&mut out)?;
        out.extend(self.name.as_bytes());
        Ok(out)
    }

    fn central(&self, at: u64) -> Result<Vec<u8>, ExchangeError> {
        let mut out = CENTRAL.to_le_bytes().to_vec();
        out.extend(VERSION.to_le_bytes());
        self.common(&mut out)?;
        // Comment, disk, two kinds of attributes: none.
        out.extend([0; 10]);
        out.extend(narrow(at)?.to_le_bytes());
        out.extend(self.name.as_bytes());
        Ok(out)
    }
}

fn narrow(number: u64) -> Result<u32, ExchangeError> {
    u32::try_from(number).map_err(|_| ExchangeError::TooLarge {
        what: "zip".to_owned(),
        bytes: number,
        most: u64::from(u32::MAX),
    })
}

fn end(members: usize, size: u64, at: u64) -> Result<Vec<u8>, ExchangeError> {
    let count = u16::try_from(members).map_err(|_| ExchangeError::whole("too many members"))?;
    let mut out = END.to_le_bytes().to_vec();
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(narrow(size)?.to_le_bytes());
    out.extend(narrow(at)?.to_le_bytes());
    out.extend([0; 2]);
    Ok(out)
}

/// The place of a member in the order of a package.
fn place(name: &str) -> (usize, &str) {
    let first = FIRST.iter().position(|f| *f == name);
    (first.unwrap_or(FIRST.len()), name)
}

/// Puts members together; their order does not matter.
pub(super) fn write(mut members: Vec<Member<'_>>) -> Result<Vec<u8>, ExchangeError> {
    members.sort_by(|a, b| place(&a.name).cmp(&place(&b.name)));
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for member in &members {
        directory.extend(member.central(out.len() as u64)?);
        out.extend(member.local()?);
        out.extend_from_slice(&member.packed);
    }
    let at = out.len() as u64;
    let last = end(members.len(), directory.len() as u64, at)?;
    out.extend(directory);
    out.extend(last);
    if out.len() as u64 > MOST_FILE {
        return Err(ExchangeError::TooLarge {
            what: "zip".to_owned(),
            bytes: out.len() as u64,
            most: MOST_FILE,
        });
    }
    Ok(out)
}

/// Takes a package apart without unpacking anything.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Member<'_>>, ExchangeError> {
    let cut = || ExchangeError::whole("the file is cut off, or is no zip");
    let other = |what: &str| ExchangeError::whole(format!("{what} is not as a package has it"));
    if bytes.len() as u64 > MOST_FILE {
        return Err(ExchangeError::TooLarge {
            what: "zip".to_owned(),
            bytes: bytes.len() as u64,
            most: MOST_FILE,
        });
    }
    let tail_at = bytes.len().checked_sub(END_LEN).ok_or_else(cut)?;
    let tail = &bytes[tail_at..];
    if tail[..4] != END.to_le_bytes() {
        return Err(cut());
    }
    let count = usize::from(word(tail, 8).ok_or_else(cut)?);
    let at = long(tail, 16).ok_or_else(cut)? as usize;
    let directory = bytes.get(at..tail_at).ok_or_else(cut)?;
    if count > MOST_MEMBERS {
        return Err(ExchangeError::whole("too many members"));
    }
    if tail != end(count, directory.len() as u64, at as u64)? {
        return Err(other("the end of the zip"));
    }
    let mut members: Vec<Member<'_>> = Vec::new();
    let (mut rest, mut here, mut unpacked) = (directory, 0usize, 0u64);
    for _ in 0..count {
        let fixed = rest.get(..CENTRAL_LEN).ok_or_else(cut)?;
        let name_len = usize::from(word(fixed, 28).ok_or_else(cut)?);
        let name = rest
            .get(CENTRAL_LEN..CENTRAL_LEN + name_len)
            .ok_or_else(cut)?;
        let name = std::str::from_utf8(name).map_err(|_| other("a name"))?;
        if members
            .last()
            .is_some_and(|m| place(&m.name) >= place(name))
        {
            return Err(ExchangeError::whole(format!(
                "the member {name:?} is there twice or not in its place"
            )));
        }
        let packed_len = long(fixed, 20).ok_or_else(cut)? as usize;
        let from = here + LOCAL_LEN + name_len;
        let packed = from
            .checked_add(packed_len)
            .and_then(|to| bytes[..at].get(from..to))
            .ok_or_else(cut)?;
        let member = Member {
            name: name.to_owned(),
            crc: long(fixed, 16).ok_or_else(cut)?,
            size: u64::from(long(fixed, 24).ok_or_else(cut)?),
            packed: packed.into(),
        };
        if rest[..CENTRAL_LEN + name_len] != member.central(here as u64)? {
            return Err(other(&format!("the entry of {name:?}")));
        }
        if bytes[here..from] != member.local()? {
            return Err(other(&format!("the header of {name:?}")));
        }
        if FIRST.contains(&name) && member.size > MOST_STORED {
            return Err(ExchangeError::TooLarge {
                what: name.to_owned(),
                bytes: member.size,
                most: MOST_STORED,
            });
        }
        unpacked += member.size;
        if unpacked > MOST_UNPACKED {
            return Err(ExchangeError::TooLarge {
                what: name.to_owned(),
                bytes: unpacked,
                most: MOST_UNPACKED,
            });
        }
        here = from + packed_len;
        rest = &rest[CENTRAL_LEN + name_len..];
        members.push(member);
    }
    if here != at || !rest.is_empty() {
        return Err(ExchangeError::whole("something lies beside the members"));
    }
    Ok(members)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_le_bytes(two))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(four))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zipped() -> Vec<u8> {
        let content = "q1,co\n".repeat(50);
        let all = [
            ("counts.json", "{}"),
            ("ballots/a-v1.csv", content.as_str()),
            ("signature.json", "x"),
            ("manifest.json", "{\"a\":1}"),
        ];
        let members = all.map(|(name, text)| Member::pack(name, text.as_bytes()).expect("packed"));
        write(members.into()).expect("a zip")
    }

    #[test]
    fn what_is_written_is_read_and_another_program_reads_it_too() {
        let bytes = zipped();
        let members = read(&bytes).expect("members");
        let names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "manifest.json",
                "signature.json",
                "ballots/a-v1.csv",
                "counts.json"
            ]
        );
        let text = "q1,co\n".repeat(50);
        assert_eq!(members[2].unpack().expect("content"), text.as_bytes());
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
        let mut other = String::new();
        zip.by_name("ballots/a-v1.csv")
            .expect("the member")
            .read_to_string(&mut other)
            .expect("content");
        assert_eq!(other, text);
    }

    #[test]
    fn every_changed_byte_of_the_headers_is_seen_and_every_cut() {
        let bytes = zipped();
        let members = read(&bytes).expect("members");
        for at in 0..bytes.len() {
            for flip in [1u8, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                let Ok(read) = read(&changed) else { continue };
                // Else it lies in the packed bytes, which the manifest covers.
                let differ = read.iter().zip(&members).any(|(a, b)| a.packed != b.packed);
                assert!(differ, "byte {at}");
            }
            assert!(read(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read(&bytes).is_err());
        }

        #[test]
        fn a_zip_with_several_changes_never_panics(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
        ) {
            let mut bytes = zipped();
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Ok(members) = read(&bytes) {
                for m in members {
                    let _ = m.unpack();
                }
            }
        }
    }
}
