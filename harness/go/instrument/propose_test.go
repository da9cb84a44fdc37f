package main

import (
	"slices"
	"strings"
	"testing"
)

func proposed(t *testing.T, files map[string]string) proposal {
	t.Helper()
	result, err := propose(options{goCommand: "go", dir: module(t, files), pkg: "."})
	if err != nil {
		t.Fatal(err)
	}
	return result.(proposal)
}

func best(t *testing.T, main string) candidate {
	t.Helper()
	p := proposed(t, map[string]string{"main.go": "package main\n\n" + main})
	if len(p.Candidates) == 0 {
		t.Fatal("no candidate")
	}
	return p.Candidates[0]
}

func TestOperationIsWhatTheMainLoopCalls(t *testing.T) {
	for name, test := range map[string]struct{ main, want, why string }{
		"counted": {
			"func step(i int) { part() }\nfunc part() {}\nfunc main() { for i := 0; i < 500; i++ { step(i) } }",
			"main.step", "called in a counting loop of main.main",
		},
		"endless, on a goroutine per connection": {
			"import \"net\"\nfunc serve(c net.Conn) { c.Close() }\nfunc main() { l, _ := net.Listen(\"tcp\", \":7001\"); for { c, _ := l.Accept(); go serve(c) } }",
			"main.serve", "a goroutine is started for it in an endless loop of main.main",
		},
		"over a channel": {
			"type job struct{}\nfunc work(j job) { _ = j }\nfunc main() { jobs := make(chan job); for j := range jobs { work(j) } }",
			"main.work", "called in a loop over a channel of main.main",
		},
		"method of a generic type": {
			"type q[T any] struct{}\nfunc (q *q[T]) handle(v T) { _ = v }\nfunc main() { x := &q[int]{}; for i := range 900 { x.handle(i) } }",
			"main.(*q).handle", "called in a counting loop of main.main",
		},
		"handed over": {
			"func each(n int, do func(int)) { for i := range n { do(i) } }\nfunc one(i int) { _ = i }\nfunc main() { each(800, one) }",
			"main.one", "handed to main.each, which calls it in a counting loop",
		},
	} {
		c := best(t, test.main)
		if c.Func != test.want || !slices.Contains(c.Why, test.why) {
			t.Errorf("%s: %s, %q", name, c.Func, c.Why)
		}
	}
}

func TestScannersLoopDeepInTheProgramIsNone(t *testing.T) {
	p := proposed(t, map[string]string{"main.go": `package main

type scanner struct{ at int }

func (s *scanner) more() bool { s.at++; return s.at < 9 }

func main() { parse() }

func parse() { expression() }

func expression() { term() }

func term() {
	s := &scanner{}
	for {
		if !s.more() {
			return
		}
	}
}
`})
	if len(p.Candidates) > 0 {
		t.Errorf("%+v", p.Candidates)
	}
}

func TestNumberOfCallsIsTheLoopsOrTheFlags(t *testing.T) {
	c := best(t, "const n = 700\nfunc step(i int) { _ = i }\nfunc main() { for i := 0; i < n; i++ { step(i) } }")
	if c.Turns != 700 || c.Flagged {
		t.Errorf("constant: %+v", c)
	}
	p := proposed(t, map[string]string{"main.go": `package main

import "flag"

var amount = flag.Int("amount", 1500, "how many")

func step(i int) { _ = i }

func run(total int) {
	for i := range total {
		step(i)
	}
}

func main() { flag.Parse(); run(*amount) }
`})
	if p.Size == nil || p.Size.Name != "amount" || p.Size.Default != 1500 || !p.Candidates[0].Flagged {
		t.Errorf("flag through a parameter: %+v, %+v", p.Size, p.Candidates)
	}
	nested := best(t, "func step(i int) { _ = i }\nfunc main() { for i := range 30 { for j := range 40 { step(i*j) } } }")
	if nested.Turns != 1200 {
		t.Errorf("nested: %d turns", nested.Turns)
	}
}

func TestAddressIsFoundHoweverItIsPutTogether(t *testing.T) {
	for name, test := range map[string]struct{ main, want, env string }{
		"literal":     {`http.ListenAndServe(":8081", nil)`, "127.0.0.1:8081", ""},
		"server":      {`s := http.Server{Addr: "0.0.0.0:8082"}; s.ListenAndServe()`, "127.0.0.1:8082", ""},
		"number":      {`port := 8083; http.ListenAndServe(fmt.Sprintf(":%d", port), nil)`, "127.0.0.1:8083", ""},
		"environment": {`http.ListenAndServe(":"+os.Getenv("HTTP_PORT"), nil)`, "", "HTTP_PORT"},
		"fallback":    {`a := cmp.Or(os.Getenv("ADDR"), "localhost:8084"); http.ListenAndServe(a, nil)`, "127.0.0.1:8084", ""},
	} {
		p := proposed(t, map[string]string{"main.go": "package main\n\nimport (\"cmp\"; \"fmt\"; \"net/http\"; \"os\")\n\nvar _, _, _ = cmp.Or[int], fmt.Sprint, os.Exit\n\nfunc main() { " + test.main + " }\n"})
		if p.Listens == nil || p.Listens.Address != test.want || p.Listens.Env != test.env || p.Listens.Kind != "http" {
			t.Errorf("%s: %+v", name, p.Listens)
		}
	}
}

func TestServerThatCanSpeakTLSIsAskedInPlainText(t *testing.T) {
	p := proposed(t, map[string]string{"main.go": `package main

import "net/http"

func main() {
	s := &http.Server{Addr: ":8085"}
	if cert := ""; cert != "" {
		s.ListenAndServeTLS(cert, cert)
	} else {
		s.ListenAndServe()
	}
}
`})
	if p.Listens == nil || p.Listens.TLS || p.Listens.Place != "main.go:10" {
		t.Errorf("%+v", p.Listens)
	}
}

func TestProgramThatTakesAnyFreePortServesItself(t *testing.T) {
	p := proposed(t, map[string]string{"main.go": "package main\n\nimport \"net\"\n\nfunc main() { net.Listen(\"tcp\", \"127.0.0.1:0\") }\n"})
	if p.Listens != nil {
		t.Errorf("%+v", p.Listens)
	}
}

func TestRouteThatIsAskedIsNoCheckOfHealth(t *testing.T) {
	p := proposed(t, map[string]string{"main.go": `package main

import "net/http"

func alive(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) }
func order(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) }

func main() {
	http.HandleFunc("/healthz", alive)
	http.HandleFunc("POST /orders", order)
	http.ListenAndServe(":8080", nil)
}
`})
	if p.Listens.Route != "POST /orders" || p.Candidates[0].Func != "main.order" {
		t.Errorf("%+v, %+v", p.Listens, p.Candidates)
	}
	for _, c := range p.Candidates {
		if strings.Contains(c.Func, "alive") {
			t.Errorf("a check of health is proposed: %+v", c)
		}
	}
}
