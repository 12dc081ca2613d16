// Package zstd decompresses Zstandard data (RFC 8878), so that captures
// compressed with it can be read. There are no dictionaries. Memory stays within
// about twice the window that a frame asks for, and grows only as
// that much data really comes out.
package zstd
