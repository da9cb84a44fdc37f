module harness/instrument

go 1.23
