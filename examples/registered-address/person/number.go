// Package person knows the personal number (14 digits) of the Kyrgyz Republic:
// one digit for sex (1 or 2), the date of birth as DDMMYYYY, five digits of a counter.
//
// Numbers whose year of birth is 1800 to 1899 are this example's reserved range: nobody
// living has one, so data made from them can never be about a person. The shape of what is
// known about a person stands beside it, because both components speak of it; the package
// must not hold or look up anything about people: that is the registry's part.
package person

import (
	"errors"
	"time"
)

// Number is a personal number that passed Parse: 14 ASCII digits.
type Number string

// The ways in which a text fails to be a personal number.
var (
	ErrLength = errors.New("a personal number has 14 digits")
	ErrDigits = errors.New("a personal number is made of digits only")
	ErrSex    = errors.New("the first digit of a personal number is 1 or 2")
	ErrDate   = errors.New("digits 2 to 9 of a personal number are a date of birth, DDMMYYYY, from 1800 on")
)

// Parse checks the form of a personal number; whether a person has it, only the registry knows.
func Parse(text string) (Number, error) {
	if len(text) != 14 {
		return "", ErrLength
	}
	for _, digit := range []byte(text) {
		if digit < '0' || digit > '9' {
			return "", ErrDigits
		}
	}
	if text[0] != '1' && text[0] != '2' {
		return "", ErrSex
	}
	// time.Parse refuses dates that do not exist, such as 31 February.
	born, err := time.Parse("02012006", text[1:9])
	if err != nil || born.Year() < 1800 {
		return "", ErrDate
	}
	return Number(text), nil
}
