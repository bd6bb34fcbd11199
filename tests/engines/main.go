// An auditor's check of the log with tools that Relais' authors did not write: Tessera's fsck, Go's own
// sumdb/tlog and note, and transparency-dev's merkle/proof.
//
//	go run . URL VKEY TOKEN
//
// Exit status 0: all three say yes; 1: one of them says no, and why.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	// Of the first bundle every so manieth line has its own proof fetched.
	stride = 15
)

// auditor fetches what a log shows to whoever signs in.
type auditor struct {
	root, token string
	client      *http.Client
}

// consulting names the consultation wherever lines are asked for: the log keeps who looked at them, and why.
type consulting struct{ id string }

func (c consulting) RoundTrip(request *http.Request) (*http.Response, error) {
	if strings.Contains(request.URL.Path, "/entries/") {
		request = request.Clone(request.Context())
		query := request.URL.Query()
		query.Set("consultation", c.id)
		request.URL.RawQuery = query.Encode()
	}
	return http.DefaultTransport.RoundTrip(request)
}

// consult says why the log is read, and returns the consultation's id.
func consult(root, token string) (string, error) {
	why := strings.NewReader(`{"purpose": "audit", "justification": "The log is verified"}`)
	request, err := http.NewRequest(http.MethodPost, root+"/v1/consultations", why)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("consultation: status %d", answer.StatusCode)
	}
	var opened struct {
		ID string `json:"consultation_id"`
	}
	return opened.ID, json.NewDecoder(answer.Body).Decode(&opened)
}

func (a auditor) get(path string) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, a.root+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	answer, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d", path, answer.StatusCode)
	}
	return io.ReadAll(answer.Body)
}

// Height, ReadTiles and SaveTiles make the auditor a tlog.TileReader. Go's paths name the height, C2SP's do not.
func (a auditor) Height() int { return height }

func (a auditor) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := a.get(strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (a auditor) SaveTiles([]tlog.Tile, [][]byte) {}

// hashes are those of every line of a bundle.
func hashes(bundle []byte) ([][]byte, error) {
	var lines api.EntryBundle
	if err := lines.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	var found [][]byte
	for _, line := range lines.Entries {
		found = append(found, rfc6962.DefaultHasher.HashLeaf(line))
	}
	return found, nil
}

func byTessera(a auditor, verifier note.Verifier) error {
	root, err := url.Parse(a.root)
	if err != nil {
		return err
	}
	fetcher, err := client.NewHTTPFetcher(root, a.client)
	if err != nil {
		return err
	}
	fetcher.SetAuthorizationHeader("Bearer " + a.token)
	return fsck.New(verifier.Name(), verifier, fetcher, hashes, fsck.Opts{N: 2}).Check(context.Background())
}

// byGo proves lines and growth from the tiles with Go's checksum database's code. Returns the signed tree.
func byGo(a auditor, verifier note.Verifier) (tlog.Tree, error) {
	signed, err := a.get("checkpoint")
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	tree, err := treeOf(opened.Text)
	if err != nil {
		return tree, err
	}
	reader := tlog.TileHashReader(tree, a)
	for _, index := range []int64{0, tree.N / 2, tree.N - 1} {
		stored, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return tree, err
		}
		path, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return tree, err
		}
		if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, stored[0]); err != nil {
			return tree, err
		}
	}
	return tree, nil
}

func treeOf(text string) (tlog.Tree, error) {
	var tree tlog.Tree
	lines := strings.Split(text, "\n")
	if len(lines) < 3 {
		return tree, fmt.Errorf("no checkpoint: %q", text)
	}
	if _, err := fmt.Sscanf(lines[1], "%d", &tree.N); err != nil {
		return tree, err
	}
	var err error
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func decoded(lines []string) ([][]byte, error) {
	var found [][]byte
	for _, line := range lines {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

// byProofs checks the proofs that the log itself hands out with transparency-dev's code.
func byProofs(a auditor, verifier note.Verifier, tree tlog.Tree) error {
	bundle, err := a.get("tile/entries/" + bundleName(tree.N))
	if err != nil {
		return err
	}
	lines, err := hashes(bundle)
	if err != nil {
		return err
	}
	var middle tlog.Tree
	for index := 0; index < len(lines); index += stride {
		file, err := a.get(fmt.Sprintf("v1/entries/%d/proof?size=%d", index, tree.N))
		if err != nil {
			return err
		}
		head, signed, _ := strings.Cut(string(file), "\n\n")
		path, err := decoded(strings.Split(head, "\n")[2:])
		if err != nil {
			return err
		}
		opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
		if err != nil {
			return err
		}
		if middle, err = treeOf(opened.Text); err != nil {
			return err
		}
		size := uint64(middle.N)
		err = proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), size, lines[index], path, middle.Hash[:])
		if err != nil {
			return fmt.Errorf("line %d: %w", index, err)
		}
	}
	return byGrowth(a, tree)
}

func byGrowth(a auditor, tree tlog.Tree) error {
	old := (tree.N + 1) / 2
	root, err := tlog.TreeHash(old, tlog.TileHashReader(tree, a))
	if err != nil {
		return err
	}
	text, err := a.get(fmt.Sprintf("v1/consistency?old=%d&new=%d", old, tree.N))
	if err != nil {
		return err
	}
	path, err := decoded(strings.Fields(string(text)))
	if err != nil {
		return err
	}
	return proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(old), uint64(tree.N), path, root[:], tree.Hash[:])
}

func bundleName(size int64) string {
	if size >= 1<<height {
		return "000"
	}
	return fmt.Sprintf("000.p/%d", size)
}

func check(a auditor, vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	if err := byTessera(a, verifier); err != nil {
		return fmt.Errorf("tessera's fsck: %w", err)
	}
	tree, err := byGo(a, verifier)
	if err != nil {
		return fmt.Errorf("sumdb/tlog: %w", err)
	}
	if err := byProofs(a, verifier, tree); err != nil {
		return fmt.Errorf("merkle/proof: %w", err)
	}
	fmt.Printf("%s: %d lines, as tessera, sumdb/tlog and merkle/proof see it\n", verifier.Name(), tree.N)
	return nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: go run . URL VKEY TOKEN")
		os.Exit(2)
	}
	root, token := strings.TrimSuffix(os.Args[1], "/"), os.Args[3]
	id, err := consult(root, token)
	if err == nil {
		err = check(auditor{root, token, &http.Client{Transport: consulting{id}}}, os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
