package command

import (
	"encoding/json"
	"strconv"
	"strings"
)

// jsonObject is a JSON object whose fields keep their order.
type jsonObject []jsonField

type jsonField struct {
	name  string
	value any // a jsonObject, a []jsonObject, a string, a bool, an int, an int64 or a float64
}

// set adds a field, or changes the one of that name.
func (o *jsonObject) set(name string, value any) {
	for i, f := range *o {
		if f.name == name {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, jsonField{name, value})
}

// String returns the object as the library cJSON prints it, which iperf3 uses.
func (o jsonObject) String() string {
	var b strings.Builder
	o.print(&b, 0)
	return b.String()
}

func (o jsonObject) print(b *strings.Builder, depth int) {
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + strings.Repeat("\t", depth+1) + strconv.Quote(f.name) + ":\t")
		printJSON(b, f.value, depth+1)
	}
	b.WriteString("\n" + strings.Repeat("\t", depth) + "}")
}

func printJSON(b *strings.Builder, value any, depth int) {
	switch v := value.(type) {
	case jsonObject:
		v.print(b, depth)
	case []jsonObject:
		b.WriteByte('[')
		for i, o := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			o.print(b, depth+1)
		}
		b.WriteByte(']')
	case string:
		text, _ := json.Marshal(v) // a string is never an error
		b.Write(text)
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int:
		b.WriteString(strconv.Itoa(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	}
}
