module harness/lab

go 1.23
