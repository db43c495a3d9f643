// Reads the log that cocoon_tlog_oracle wrote with the Go project's own client libraries: its notes, its
// tiles, its proofs.
package tlog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// The folder, as a reader of tiles. C2SP's paths leave out the height, which is always 8.
type tiles string

func (folder tiles) Height() int { return tileHeight }

func (folder tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (folder tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(string(folder), path))
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}

func folder(t *testing.T) string {
	name := os.Getenv("COCOON_TLOG")
	if name == "" {
		t.Fatal("COCOON_TLOG names no folder")
	}
	return name
}

func text(t *testing.T, path ...string) string {
	bytes, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes)
}

// The checkpoint of this size, its signature verified.
func checkpoint(t *testing.T, size int64) tlog.Tree {
	verifier, err := note.NewVerifier(text(t, folder(t), "verifier-key"))
	if err != nil {
		t.Fatal(err)
	}
	signed := text(t, folder(t), fmt.Sprintf("checkpoint-%d", size))
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[1] != fmt.Sprint(size) {
		t.Fatalf("not the checkpoint of size %d: %q", size, opened.Text)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		t.Fatal(err)
	}
	return tlog.Tree{N: size, Hash: root}
}

func sizes(t *testing.T) []int64 {
	var out []int64
	for _, word := range strings.Fields(os.Getenv("COCOON_TLOG_SIZES")) {
		var size int64
		if _, err := fmt.Sscan(word, &size); err != nil {
			t.Fatal(err)
		}
		out = append(out, size)
	}
	if len(out) < 2 {
		t.Fatal("COCOON_TLOG_SIZES names no two sizes")
	}
	return out
}

func TestInclusion(t *testing.T) {
	all := sizes(t)
	tree := checkpoint(t, all[len(all)-1])
	// Checks each tile against the signed root before it uses it.
	reader := tlog.TileHashReader(tree, tiles(folder(t)))
	for index := int64(0); index < tree.N; index += 1 + tree.N/97 {
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			t.Fatal(err)
		}
		leaf := tlog.RecordHash([]byte(fmt.Sprintf("entry %d", index)))
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
			t.Fatalf("entry %d: %v", index, err)
		}
	}
}

func TestConsistency(t *testing.T) {
	all := sizes(t)
	tree := checkpoint(t, all[len(all)-1])
	reader := tlog.TileHashReader(tree, tiles(folder(t)))
	for _, size := range all {
		older := checkpoint(t, size)
		proof, err := tlog.ProveTree(tree.N, older.N, reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
	}
}

// C2SP's tlog-proof, read line by line and checked with the library's own verifier.
func TestProofFiles(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(folder(t), "proof-*"))
	if err != nil || len(names) < 10 {
		t.Fatalf("%d proofs, %v", len(names), err)
	}
	verifier, err := note.NewVerifier(text(t, folder(t), "verifier-key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		head, signed, _ := strings.Cut(text(t, name), "\n\n")
		lines := strings.Split(head, "\n")
		var index int64
		if _, err := fmt.Sscanf(lines[1], "index %d", &index); err != nil || lines[0] != "c2sp.org/tlog-proof@v1" {
			t.Fatalf("%s begins with %q", name, lines[:2])
		}
		var proof tlog.RecordProof
		for _, line := range lines[2:] {
			hash, err := tlog.ParseHash(line)
			if err != nil {
				t.Fatal(err)
			}
			proof = append(proof, hash)
		}
		opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
		if err != nil {
			t.Fatal(err)
		}
		var size int64
		var root string
		if _, err := fmt.Sscanf(opened.Text, verifier.Name()+"\n%d\n%s\n", &size, &root); err != nil {
			t.Fatal(err)
		}
		hash, err := tlog.ParseHash(root)
		if err != nil {
			t.Fatal(err)
		}
		leaf := tlog.RecordHash([]byte(fmt.Sprintf("entry %d", index)))
		if err := tlog.CheckRecord(proof, size, hash, index, leaf); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if tlog.CheckRecord(proof, size, hash, index+1, leaf) == nil {
			t.Fatalf("%s proves another place too", name)
		}
	}
}
