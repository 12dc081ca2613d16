package dissect

var syslogFacilities = names{
	0: "kernel", 1: "user", 2: "mail", 3: "daemon", 4: "auth", 5: "syslog", 6: "lpr", 7: "news", 8: "uucp",
	9: "cron", 10: "authpriv", 11: "ftp", 12: "ntp", 13: "security", 14: "console", 15: "cron", 16: "local0",
	17: "local1", 18: "local2", 19: "local3", 20: "local4", 21: "local5", 22: "local6", 23: "local7",
}

var syslogSeverities = names{
	0: "emergency", 1: "alert", 2: "critical", 3: "error", 4: "warning", 5: "notice", 6: "info", 7: "debug",
}

// syslog prints a message (RFC 5424).
func (p *Printer) syslog(v view, length uint32) {
	p.proto = "syslog"
	if v.u8(0) != '<' {
		p.invalid()
		return
	}
	at, priority := uint32(1), uint32(0)
	for ; at <= 3 && isDigit(byte(v.u8(at))); at++ {
		priority = priority*10 + v.u8(at) - '0'
	}
	if v.u8(at) != '>' {
		p.invalid()
		return
	}
	at++
	facility, severity := priority&0x7f8>>3, priority&7
	if p.Verbose == 0 {
		p.s("SYSLOG ")
		p.name(syslogFacilities, facility, "unknown (%u)")
		p.c('.')
		p.name(syslogSeverities, severity, "unknown (%u)")
		p.f(", length: %u", length)
		return
	}
	p.f("SYSLOG, length: %u\n\tFacility ", length)
	p.name(syslogFacilities, facility, "unknown (%u)")
	p.f(" (%u), Severity ", facility)
	p.name(syslogSeverities, severity, "unknown (%u)")
	p.f(" (%u)\n\tMsg: ", severity)
	if length > at {
		p.chars(v.from(at), length-at)
	}
	if p.Verbose > 1 {
		p.unknownData(v, "\n\t", length)
	}
}
