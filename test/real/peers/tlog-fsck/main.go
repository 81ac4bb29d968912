// Checks a C2SP tlog-tiles log with Tessera's library: every tile and the root are computed again from the entry bundles and
// compared with what the log publishes. Shares no code with Proofline.
//
// usage: tlog-fsck LOG VKEY [WORKERS]      LOG: a folder or an http(s) URL; VKEY: name+hash+base64, or a file that holds it
// Exits with 0 (prints OK and the size), 1 (FAILED: why), 2 (wrong usage).
//
// Tessera's own fsck command at this version ends with 0 on a broken log, or not at all: its workers stop at their first fault, and
// the check then waits for them for ever. So faults are looked for in its status, too.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
)

const pollEvery = 200 * time.Millisecond

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("tlog-fsck 1, tessera 1.0.4")
		return
	}
	if len(os.Args) != 3 && len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: tlog-fsck LOG VKEY [WORKERS]")
		os.Exit(2)
	}
	workers := uint64(2)
	if len(os.Args) == 4 {
		n, err := strconv.ParseUint(os.Args[3], 10, 8)
		if err != nil || n == 0 {
			fmt.Fprintln(os.Stderr, "WORKERS is a number from 1 to 255")
			os.Exit(2)
		}
		workers = n
	}
	size, err := check(context.Background(), os.Args[1], os.Args[2], uint(workers))
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
	fmt.Println("OK", size)
}

func check(ctx context.Context, place, key string, workers uint) (uint64, error) {
	if text, err := os.ReadFile(key); err == nil {
		key = strings.TrimSpace(string(text))
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return 0, fmt.Errorf("verifier key: %w", err)
	}
	source, err := openLog(place)
	if err != nil {
		return 0, err
	}
	pinned := &oneCheckpoint{Fetcher: source}
	checker := fsck.New(verifier.Name(), verifier, pinned, leafHashes, fsck.Opts{N: workers})
	done := make(chan error, 1)
	go func() { done <- checker.Check(ctx) }()
	for {
		select {
		case err := <-done:
			if err != nil {
				return 0, err
			}
			if err := faults(checker.Status()); err != nil {
				return 0, err
			}
			checkpoint, _, _, err := log.ParseCheckpoint(pinned.note, verifier.Name(), verifier)
			if err != nil {
				return 0, err
			}
			return checkpoint.Size, nil
		case <-time.After(pollEvery):
			if err := faults(checker.Status()); err != nil {
				return 0, err
			}
		}
	}
}

// oneCheckpoint asks for the checkpoint once: the log may grow while it is checked.
type oneCheckpoint struct {
	fsck.Fetcher
	note []byte
}

func (o *oneCheckpoint) ReadCheckpoint(ctx context.Context) ([]byte, error) {
	if o.note != nil {
		return o.note, nil
	}
	note, err := o.Fetcher.ReadCheckpoint(ctx)
	o.note = note
	return note, err
}

func faults(status fsck.Status) error {
	var found []error
	look := func(what string, ranges []fsck.Range) {
		for _, r := range ranges {
			if r.State == fsck.Invalid || r.State == fsck.FetchError {
				found = append(found, fmt.Errorf("%s %d to %d: %s", what, r.First, r.First+r.N-1, r.State))
			}
		}
	}
	look("entry bundles", status.EntryRanges)
	for level, ranges := range status.TileRanges {
		look(fmt.Sprintf("tiles of level %d,", level), ranges)
	}
	return errors.Join(found...)
}

func openLog(place string) (fsck.Fetcher, error) {
	if !strings.HasPrefix(place, "http:") && !strings.HasPrefix(place, "https:") {
		return &client.FileFetcher{Root: place}, nil
	}
	base, err := url.Parse(strings.TrimSuffix(place, "/") + "/")
	if err != nil {
		return nil, err
	}
	return client.NewHTTPFetcher(base, nil)
}

func leafHashes(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, fmt.Errorf("entry bundle: %w", err)
	}
	hashes := make([][]byte, 0, len(entries.Entries))
	for _, entry := range entries.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}
