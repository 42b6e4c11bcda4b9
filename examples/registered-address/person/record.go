package person

// Record is what is known about one person: where they are registered, and since when.
// Nothing else is there, because the certificate needs nothing else (items 26 and 61).
type Record struct {
	PersonalNumber Number  `json:"personalNumber"`
	Address        Address `json:"address"`
	PostalCode     string  `json:"postalCode"`
	Since          string  `json:"registeredSince"` // YYYY-MM-DD
}

// Address is one address, written in the state language, the official one and English.
type Address struct {
	Ky string `json:"ky"`
	Ru string `json:"ru"`
	En string `json:"en"`
}
