// Package archtest holds the floor table of docs/architecture.md against the
// imports in the module's files, whatever their build tags, so that the picture
// of the house cannot drift from the house.
package archtest
