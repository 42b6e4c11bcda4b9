//! A message of DNS (RFC 1035) as it stands in a packet, changed without a byte more or less: over TCP
//! that would take the whole connection out of step. A library of the wire format reads a message and writes
//! another one, so these few lines are our own; what they make is held against such a library. Pure; a
//! message may hold anything, so what does not fit is left as it is.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Length of the head.
const HEAD: usize = 12;
/// Code of an answer: the server failed.
const SERVFAIL: u8 = 2;
/// Most labels of a name.
const MOST_LABELS: usize = 128;
/// Types of records with an address.
const A: u16 = 1;
const AAAA: u16 = 28;
/// Where nobody is: addresses kept for documentation (RFC 5737, RFC 3849).
const NOBODY_4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const NOBODY_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// The name for which `message` is an answer, in small letters and without the last dot; nothing of what
/// is no answer.
#[must_use]
pub fn answers(message: &[u8]) -> Option<String> {
    let is_answer = *message.get(2)? & 0x80 != 0 && short(message, 4)? > 0;
    is_answer.then(|| name(message, HEAD))?
}

/// Lets it say that the server failed, whatever else it says. Who asks looks at that first.
pub fn fail(message: &mut [u8]) {
    if let Some(flags) = message.get_mut(3) {
        *flags = *flags & 0xf0 | SERVFAIL;
    }
}

/// Lets each address that it gives be one where nobody is, and nobody keep it: kept, it would outlast
/// the lease.
pub fn misdirect(message: &mut [u8]) {
    for at in records(message).unwrap_or_default() {
        // Type, class, time to live, length, data.
        let (Some(kind), Some(length)) = (short(message, at), short(message, at + 8)) else { continue };
        let address = match (kind, length) {
            (A, 4) => NOBODY_4.octets().to_vec(),
            (AAAA, 16) => NOBODY_6.octets().to_vec(),
            _ => Vec::new(),
        };
        if let Some(data) = message.get_mut(at + 10..at + 10 + address.len()) {
            data.copy_from_slice(&address);
        }
        if let Some(kept) = message.get_mut(at + 4..at + 8) {
            kept.fill(0);
        }
    }
}

/// Each whole message of a payload of TCP that begins with one; nothing of what is cut off.
pub fn each(payload: &mut [u8], mut tell: impl FnMut(&mut [u8])) {
    let mut at = 0;
    while let Some(length) = short(payload, at).map(usize::from) {
        let Some(message) = payload.get_mut(at + 2..at + 2 + length) else { return };
        tell(message);
        at += 2 + length;
    }
}

/// Where the records of the answer stand, behind their names.
fn records(message: &[u8]) -> Option<Vec<usize>> {
    let (mut at, mut found) = (HEAD, Vec::new());
    for _ in 0..short(message, 4)? {
        at = behind_name(message, at)? + 4;
    }
    for _ in 0..short(message, 6)? {
        at = behind_name(message, at)?;
        found.push(at);
        at += 10 + usize::from(short(message, at + 8)?);
    }
    (at <= message.len()).then_some(found)
}

/// Where the name ends that begins at `at`: with an empty label, or with a pointer.
fn behind_name(message: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..MOST_LABELS {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
    None
}

/// The name that begins at `at`, which is the first and so has no pointer.
fn name(message: &[u8], mut at: usize) -> Option<String> {
    let mut labels = Vec::new();
    while labels.len() < MOST_LABELS {
        let length = usize::from(*message.get(at)?);
        if length == 0 {
            return Some(labels.join("."));
        }
        let label = message.get(at + 1..at + 1 + length).filter(|_| length < 64)?;
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        at += 1 + length;
    }
    None
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use hickory_proto::{
        op::{Message, MessageType, OpCode, Query, ResponseCode},
        rr::{Name, RData, Record, RecordType, rdata},
    };
    use proptest::prelude::*;

    use super::*;

    /// An answer as a server writes it: an alias, two addresses of each family, and a record that is none.
    fn answer(kind: RecordType) -> Message {
        let name = Name::from_ascii("Registry.svc-1.svc.cluster.local.").unwrap();
        let alias = Name::from_ascii("other.svc-1.svc.cluster.local.").unwrap();
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        message.add_query(Query::query(name.clone(), kind));
        message.add_answer(Record::from_rdata(name, 30, RData::CNAME(rdata::CNAME(alias.clone()))));
        for data in [
            RData::A(rdata::A::new(10, 0, 0, 1)),
            RData::A(rdata::A::new(10, 0, 0, 2)),
            RData::AAAA(rdata::AAAA::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)),
            RData::TXT(rdata::TXT::new(vec!["ten".to_owned()])),
        ] {
            message.add_answer(Record::from_rdata(alias.clone(), 30, data));
        }
        message
    }

    fn changed(change: fn(&mut [u8])) -> Message {
        let mut bytes = answer(RecordType::A).to_vec().unwrap();
        let length = bytes.len();
        change(&mut bytes);
        assert_eq!(bytes.len(), length);
        Message::from_vec(&bytes).unwrap()
    }

    #[test]
    fn an_answer_is_known_by_the_name_that_was_asked_for_and_a_question_is_none() {
        let answer = answer(RecordType::AAAA);
        assert_eq!(answers(&answer.to_vec().unwrap()).as_deref(), Some("registry.svc-1.svc.cluster.local"));
        let mut question = Message::new(7, MessageType::Query, OpCode::Query);
        question.add_query(answer.queries[0].clone());
        assert_eq!(answers(&question.to_vec().unwrap()), None);
        assert_eq!(answers(&[]), None);
    }

    #[test]
    fn a_failure_is_read_as_one_by_others() {
        let failed = changed(fail);
        assert_eq!(failed.metadata.response_code, ResponseCode::ServFail);
        assert_eq!((failed.metadata.id, failed.queries.len()), (7, 1));
    }

    #[test]
    fn every_address_becomes_one_where_nobody_is_and_is_not_kept_and_the_rest_stays() {
        let (was, is) = (answer(RecordType::A), changed(misdirect));
        assert_eq!(is.metadata.response_code, ResponseCode::NoError);
        let data: Vec<_> = is.answers.iter().map(|record| record.data.clone()).collect();
        let (four, six) = (RData::A(rdata::A(NOBODY_4)), RData::AAAA(rdata::AAAA(NOBODY_6)));
        assert_eq!(data[1..4], [four.clone(), four, six]);
        assert_eq!((&data[0], &data[4]), (&was.answers[0].data, &was.answers[4].data));
        assert!(is.answers.iter().all(|record| record.ttl == 0));
    }

    #[test]
    fn messages_of_a_connection_are_taken_one_by_one_and_a_cut_one_is_left() {
        let message = answer(RecordType::A).to_vec().unwrap();
        let mut framed = u16::try_from(message.len()).unwrap().to_be_bytes().to_vec();
        framed.extend(&message);
        let mut seen = 0;
        let mut three = [framed.clone(), framed.clone(), framed[..40].to_vec()].concat();
        each(&mut three, |message| {
            fail(message);
            seen += 1;
        });
        assert_eq!(seen, 2);
        assert_eq!(three[2 * framed.len()..], framed[..40]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_change_the_head_of_the_question(mut bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let (length, id) = (bytes.len(), bytes.get(..2).map(<[u8]>::to_vec));
            let _ = answers(&bytes);
            fail(&mut bytes);
            misdirect(&mut bytes);
            each(&mut bytes.clone(), misdirect);
            prop_assert_eq!((bytes.len(), bytes.get(..2).map(<[u8]>::to_vec)), (length, id));
        }
    }
}
