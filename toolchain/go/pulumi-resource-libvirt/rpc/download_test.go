// Package rpc proves that the corrected RPC library ends a download for which more comes after its end, or data before the reply.
package rpc

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/digitalocean/go-libvirt"
)

const (
	headerSize = 24
	// Procedure number of a download, from the protocol's definition.
	volumeDownload = 209

	typeReply  = 1
	typeStream = 3

	statusOK       = 0
	statusError    = 1
	statusContinue = 2
)

type wire struct{ net.Conn }

func (w wire) Dial() (net.Conn, error) { return w.Conn, nil }

// packet answers the call with this header.
func packet(call []byte, kind, status uint32, payload []byte) []byte {
	answer := make([]byte, 4, 4+headerSize+len(payload))
	binary.BigEndian.PutUint32(answer, uint32(4+headerSize+len(payload)))
	answer = append(append(answer, call...), payload...)
	binary.BigEndian.PutUint32(answer[16:], kind)
	binary.BigEndian.PutUint32(answer[24:], status)
	return answer
}

// serve answers every call; what comes after the end of a download is in one write with it, so that nothing lies between.
func serve(connection net.Conn) {
	downloads := 0
	for {
		length := make([]byte, 4)
		if _, err := io.ReadFull(connection, length); err != nil {
			return
		}
		call := make([]byte, binary.BigEndian.Uint32(length)-4)
		if _, err := io.ReadFull(connection, call); err != nil {
			return
		}
		header := call[:headerSize]
		answer := packet(header, typeReply, statusOK, make([]byte, 64))
		if binary.BigEndian.Uint32(header[8:]) == volumeDownload {
			reply := packet(header, typeReply, statusOK, nil)
			seed := packet(header, typeStream, statusContinue, []byte("seed"))
			end := packet(header, typeStream, statusContinue, nil)
			// Data, and even the end, may overtake the reply.
			downloads++
			switch downloads % 3 {
			case 0:
				answer = slices.Concat(reply, seed, end)
			case 1:
				answer = slices.Concat(seed, reply, end)
			default:
				answer = slices.Concat(seed, end, reply)
			}
			for range 3 {
				answer = append(answer, packet(header, typeStream, statusContinue, []byte("late"))...)
			}
			answer = append(answer, packet(header, typeStream, statusError, make([]byte, 64))...)
		}
		if _, err := connection.Write(answer); err != nil {
			return
		}
	}
}

func TestDownloadsThatEndTwice(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go serve(theirs)
	client := libvirt.NewWithDialer(wire{ours})
	if err := client.Connect(); err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		ended := make(chan error, 1)
		var content bytes.Buffer
		go func() { ended <- client.StorageVolDownload(libvirt.StorageVol{}, &content, 0, 0, 0) }()
		select {
		case err := <-ended:
			if err != nil || content.String() != "seed" {
				t.Fatalf("download %d: %q, %v", i, content.String(), err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("download %d hangs", i)
		}
	}
}
