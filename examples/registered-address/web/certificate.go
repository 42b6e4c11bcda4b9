package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"registered-address/person"
)

// A certificate is not stored anywhere: its id says for whom and on which day it was
// issued, so any replica gives the same certificate for it, also one started a second ago.
//
//	byte  0      version of this layout
//	bytes 1–6    personal number
//	bytes 7–8    day of issue, counted from 1 January 2020
//	bytes 9–12   start of the SHA-256 of bytes 0–8, which finds typing errors
//
// The id is no secret and proves nothing by itself: the proof is that the service answers
// for it. (A signed document is a trust service's part, which this example does without.)
const (
	layout    = 1
	checked   = 9
	idBytes   = 13
	validDays = 30

	dateOnly = "2006-01-02"
)

var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, bishkek)

// Kyrgyzstan has had one time, UTC+6, without summer time since 2005.
var bishkek = time.FixedZone("KGT", 6*60*60)

var encoding = base64.RawURLEncoding.Strict()

// certificate says where a person is registered. Days are YYYY-MM-DD in Bishkek's time.
type certificate struct {
	ID             string         `json:"id"`
	PersonalNumber person.Number  `json:"personalNumber"`
	Address        person.Address `json:"address"`
	PostalCode     string         `json:"postalCode"`
	Since          string         `json:"registeredSince"`
	IssuedOn       string         `json:"issuedOn"`
	ValidUntil     string         `json:"validUntil"`
	Status         string         `json:"status"` // valid | expired
}

// day counts days in Bishkek from the epoch.
func day(at time.Time) int {
	return int(at.In(bishkek).Sub(epoch) / (24 * time.Hour))
}

func newID(number person.Number, issued int) string {
	digits, _ := strconv.ParseUint(string(number), 10, 64) // 14 digits: Parse saw to it
	var wide [8]byte
	binary.BigEndian.PutUint64(wide[:], digits)
	payload := append([]byte{layout}, wide[2:]...)
	payload = append(payload, byte(issued>>8), byte(issued))
	sum := sha256.Sum256(payload)
	return encoding.EncodeToString(append(payload, sum[:idBytes-checked]...))
}

// readID gives for whom and on which day the certificate was issued, or false for a text
// that this service never gave out up to today.
func readID(id string, today int) (person.Number, int, bool) {
	raw, err := encoding.DecodeString(id)
	if err != nil || len(raw) != idBytes || raw[0] != layout {
		return "", 0, false
	}
	sum := sha256.Sum256(raw[:checked])
	if subtle.ConstantTimeCompare(sum[:idBytes-checked], raw[checked:]) == 0 {
		return "", 0, false
	}
	digits := binary.BigEndian.Uint64(append([]byte{0, 0}, raw[1:7]...))
	issued := int(binary.BigEndian.Uint16(raw[7:checked]))
	number, err := person.Parse(fmt.Sprintf("%014d", digits))
	if err != nil || issued > today {
		return "", 0, false
	}
	return number, issued, true
}

// certify makes the certificate of one person issued on that day. It is false when the
// person was registered at the address only later: then no such certificate was given.
func certify(found person.Record, issued, today int) (certificate, bool) {
	issuedOn := epoch.AddDate(0, 0, issued)
	until := issuedOn.AddDate(0, 0, validDays)
	if found.Since > issuedOn.Format(dateOnly) {
		return certificate{}, false
	}
	status := "valid"
	if today > issued+validDays {
		status = "expired"
	}
	return certificate{
		ID: newID(found.PersonalNumber, issued), PersonalNumber: found.PersonalNumber,
		Address: found.Address, PostalCode: found.PostalCode, Since: found.Since,
		IssuedOn: issuedOn.Format(dateOnly), ValidUntil: until.Format(dateOnly), Status: status,
	}, true
}
