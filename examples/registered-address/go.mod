module registered-address

go 1.19
