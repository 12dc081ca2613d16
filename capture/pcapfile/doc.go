// Package pcapfile reads and writes capture files: pcap
// (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng).
//
// What is read may be hostile or cut short: memory is bounded by what the file
// really holds, and an error says at which byte of the file it was found. What
// is written depends on the packets alone, so that two equal captures are equal
// files.
package pcapfile
