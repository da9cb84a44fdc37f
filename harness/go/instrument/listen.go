package main

import (
	"go/ast"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// listening is where a program takes load from outside.
type listening struct {
	// Kind is `http`, `grpc` or `tcp`.
	Kind string `json:"kind"`
	// Address is one that can be dialled, empty if the sources do not say it.
	Address string `json:"address"`
	Place   string `json:"place"`
	TLS     bool   `json:"tls"`
	// Route is a registered pattern of an HTTP server, the most promising one.
	Route string `json:"route"`
	// Env is the variable that the port is taken from, if nothing else says it.
	Env string `json:"env,omitempty"`
}

// site is a call that listens.
type site struct {
	name    string
	in      *function
	address ast.Expr
	place   string
}

// listeners are such calls: whose name says so, and which argument is the address, -1 for none.
var listeners = map[string]int{
	"ListenAndServe": 0, "ListenAndServeTLS": 0, "Listen": 1, "Serve": -1, "ServeTLS": -1, "Run": 0, "Start": 0,
}

// frameworks have methods with names that other packages have, too.
var frameworks = []string{"github.com/gin-gonic/gin", "github.com/labstack/echo", "github.com/gofiber/fiber"}

func (s *sketch) noteSite(f *function, c *ast.CallExpr) {
	method, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	name := method.Sel.Name
	at, ok := listeners[name]
	if !ok || len(s.named(c.Fun, f)) > 0 {
		return
	}
	if (name == "Run" || name == "Start") && (len(c.Args) != 1 || !importsOne(f.src.file, frameworks)) {
		return
	}
	found := site{name: name, in: f, place: strings.TrimSuffix(f.place, filepath.Base(f.place)) + filepath.Base(f.src.path)}
	found.place += ":" + strconv.Itoa(f.src.line(c.Pos()))
	if at >= 0 && at < len(c.Args) {
		found.address = c.Args[at]
	}
	s.sites = append(s.sites, found)
}

func importsOne(file *ast.File, paths []string) bool {
	for _, spec := range file.Imports {
		for _, path := range paths {
			if strings.HasPrefix(strings.Trim(spec.Path.Value, "\""), path) {
				return true
			}
		}
	}
	return false
}

// listening looks at where the program listens; one that takes any port that is free serves itself.
func (s *sketch) listening() *listening {
	var best *listening
	for _, at := range s.sites {
		if at.name == "Serve" || at.name == "ServeTLS" {
			continue // On what Listen made.
		}
		found := &listening{Kind: s.kind(at), Place: at.place, TLS: strings.HasSuffix(at.name, "TLS"), Route: s.route()}
		address, ok := "", false
		if at.address != nil {
			address, ok = s.text(at.address)
		} else {
			address, ok = s.texts["Addr"]
		}
		if ok && (strings.HasSuffix(address, ":0") || strings.Contains(address, "/")) {
			continue
		}
		found.Address = dialled(address)
		if found.Address == "" {
			found.Env = s.portVariable()
		}
		// One that speaks TLS, too, needs a certificate for it: its plain branch is what runs without a word.
		plainer := best != nil && best.TLS && !found.TLS && (best.Address == "" || found.Address != "")
		if best == nil || plainer || best.Address == "" && found.Address != "" {
			best = found
		}
	}
	return best
}

func (s *sketch) kind(at site) string {
	switch {
	case at.name != "Listen":
		return "http"
	case s.imports["google.golang.org/grpc"]:
		return "grpc"
	}
	for _, other := range s.sites {
		if other.name == "Serve" && importsOne(other.in.src.file, []string{"net/http"}) {
			return "http"
		}
	}
	return "tcp"
}

// dialled is the address from this machine, empty if it is none.
func dialled(address string) string {
	host, port, err := net.SplitHostPort(address)
	if n, notNumber := strconv.Atoi(port); err != nil || notNumber != nil || n <= 0 {
		return ""
	}
	if host == "" || host == "0.0.0.0" || host == "::" || host == "localhost" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// portVariable is the environment's word for the port, if the sources ask for one.
func (s *sketch) portVariable() (name string) {
	for _, f := range s.functions {
		ast.Inspect(f.decl, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok && len(c.Args) > 0 && strings.HasSuffix(baseName(c.Fun), "env") {
				if text, ok := literalText(c.Args[0]); ok && strings.HasSuffix(text, "PORT") {
					name = text
				}
			}
			return true
		})
	}
	return name
}

var (
	routeMethods = regexp.MustCompile(`^(Handle|HandleFunc|GET|Get|POST|Post|PUT|Put|Any|Route|Method)$`)
	routePattern = regexp.MustCompile(`^([A-Z]+ )?[A-Za-z0-9.\-]*/[^\s]*$`)
)

// routeOf is the pattern that a call registers a handler for.
func routeOf(c *ast.CallExpr) string {
	method, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) < 2 || !routeMethods.MatchString(method.Sel.Name) {
		return ""
	}
	pattern, ok := literalText(c.Args[0])
	if !ok || !routePattern.MatchString(pattern) {
		return ""
	}
	if verb := strings.ToUpper(method.Sel.Name); verb == "GET" || verb == "POST" || verb == "PUT" {
		return verb + " " + pattern
	}
	return pattern
}

var besidesWork = regexp.MustCompile(`(?i)health|ready|live|metrics|debug|pprof|version|static|favicon|status`)

// route is the one that says most of the program: no check of its health, and one that can be asked by GET.
func (s *sketch) route() string {
	best, most := "", -1
	for _, route := range s.routes {
		points := 10
		if besidesWork.MatchString(route) {
			points -= 8
		}
		if verb, _, ok := strings.Cut(route, " "); ok && verb != "GET" {
			points -= 4
		}
		if strings.HasSuffix(route, "/") {
			points--
		}
		if points > most {
			best, most = route, points
		}
	}
	return best
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
