package framing

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// phpScript packs and unpacks what it is asked, line by line. Strings are in
// hexadecimal; numbers come back as texts, with their types.
const phpScript = `
while (($line = fgets(STDIN)) !== false) {
	$q = json_decode($line, true);
	$args = [];
	foreach ($q["args"] as $a) $args[] = is_array($a) ? hex2bin($a[0]) : $a;
	$packed = pack($q["pack"], ...$args);
	$fields = [];
	foreach (unpack($q["unpack"], $packed) as $k => $v) {
		$fields[] = is_string($v) ? ["$k", "s", bin2hex($v)]
			: [is_int($v) ? "$k" : "$k", is_int($v) ? "i" : "d", is_int($v) ? "$v" : bin2hex(pack("E", $v))];
	}
	echo json_encode([bin2hex($packed), $fields]), "\n";
}`

// question is a format with its arguments, and one to take the result apart.
type question struct {
	Pack   string `json:"pack"`
	Args   []any  `json:"args"`
	Unpack string `json:"unpack"`
	args   []any  // as Pack takes them
}

// ask makes a random question. Unpack's names are all different: PHP keeps one
// value of a name.
func ask(rng *rand.Rand) question {
	q := question{Args: []any{}}
	add := func(v any) {
		q.args = append(q.args, v)
		if s, ok := v.(string); ok {
			v = []string{hex.EncodeToString([]byte(s))}
		}
		q.Args = append(q.Args, v)
	}
	var unpack []string
	for i := range 1 + rng.IntN(8) {
		letter := letters[rng.IntN(len(letters)-1)] // @ has a line of its own
		repeat := rng.IntN(5)
		text := string(letter) + strconv.Itoa(repeat)
		it, _, err := parseItem(text, 0)
		if err != nil {
			panic(err)
		}
		k, isNumber := it.number()
		switch {
		case isNumber:
			for range repeat {
				add(value(rng, k))
			}
		case letter == 'h' || letter == 'H':
			digits := make([]byte, repeat)
			for i := range digits {
				digits[i] = "0123456789abcdefABCDEF"[rng.IntN(22)]
			}
			add(string(digits))
		case it.isText():
			s := make([]byte, rng.IntN(6))
			for i := range s {
				s[i] = "ab \x00\n\xff"[rng.IntN(6)]
			}
			add(string(s))
		case letter == 'X':
			continue // it would take away what is to be unpacked
		}
		q.Pack += text
		unpack = append(unpack, text+fmt.Sprintf("f%d_", i))
	}
	q.Unpack = strings.Join(unpack, "/")
	return q
}

// value is a random number that fits.
func value(rng *rand.Rand, k number) any {
	if k.float {
		return float64(float32(math.Round(rng.NormFloat64()*1000)/8)) + 0 // JSON has no -0
	}
	v := int64(rng.Uint64())
	return v >> (64 - 8*k.size) // signed: PHP has no other
}

// TestPHP compares with PHP's own pack and unpack.
func TestPHP(t *testing.T) {
	if _, err := exec.LookPath("php"); err != nil {
		if os.Getenv("THINNET_REQUIRE_KERNEL") == "1" {
			t.Fatal(err)
		}
		t.Skip("there is no php to compare with")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	questions := []question{
		{Pack: "C3X2C", args: []any{1, 2, 3, 4}, Unpack: "C2"},
		{Pack: "C@4C", args: []any{1, 2}, Unpack: "@4/C"},
		{Pack: "C3@1C", args: []any{1, 2, 3, 4}, Unpack: "C*"},
		{Pack: "n*", args: []any{1, 2, 3}, Unpack: "n*"},
		{Pack: "a*Z*A*", args: []any{"ab", "cd", "ef "}, Unpack: "a2a/Z*z"},
		{Pack: "a*", args: []any{"ef \t\x00\n"}, Unpack: "A*"},
		{Pack: "H*h*", args: []any{"1f2", "1f2"}, Unpack: "H*"},
		{Pack: "C4", args: []any{1, 2, 3, 4}, Unpack: "C1a/C0b/C/Cd"},
		{Pack: "C4", args: []any{1, 2, 3, 4}, Unpack: "x2/Ca/X3/Cb"},
	}
	for i := range questions {
		for _, a := range questions[i].args {
			if s, ok := a.(string); ok {
				a = []string{hex.EncodeToString([]byte(s))}
			}
			questions[i].Args = append(questions[i].Args, a)
		}
	}
	for range 2000 {
		questions = append(questions, ask(rng))
	}
	var in, errs bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, q := range questions {
		if err := enc.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	php := exec.Command("php", "-r", phpScript)
	php.Stdin, php.Stderr = &in, &errs
	out, err := php.Output()
	if err != nil {
		t.Fatal(err, errs.String())
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for _, q := range questions {
		var answer [2]json.RawMessage
		if err := dec.Decode(&answer); err != nil {
			t.Fatalf("%v; php says %.1000s", err, out)
		}
		var packed string
		var want [][3]string
		if json.Unmarshal(answer[0], &packed) != nil || json.Unmarshal(answer[1], &want) != nil {
			t.Fatalf("php says %s", answer)
		}
		got, err := Pack(q.Pack, q.args...)
		if err != nil || hex.EncodeToString(got) != packed {
			t.Fatalf("Pack(%q, %q) = %x, %v; php says %s", q.Pack, q.args, got, err, packed)
		}
		fields, err := Unpack(q.Unpack, got)
		if err != nil {
			t.Fatalf("Unpack(%q, %x): %v; php says %v", q.Unpack, got, err, want)
		}
		list := make([][3]string, 0, len(fields))
		for _, f := range fields {
			list = append(list, asPHP(f))
		}
		if fmt.Sprint(list) != fmt.Sprint(want) {
			t.Fatalf("Unpack(%q, %x) = %v; php says %v", q.Unpack, got, list, want)
		}
	}
}

// asPHP writes a field as phpScript does. PHP's integers have 64 bits and a sign.
func asPHP(f Field) [3]string {
	switch v := f.Value.(type) {
	case string:
		return [3]string{f.Name, "s", hex.EncodeToString([]byte(v))}
	case float64:
		return [3]string{f.Name, "d", fmt.Sprintf("%016x", math.Float64bits(v))}
	case uint64:
		return [3]string{f.Name, "i", strconv.FormatInt(int64(v), 10)}
	}
	return [3]string{f.Name, "i", fmt.Sprint(f.Value)}
}
