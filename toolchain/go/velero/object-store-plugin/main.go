// Command velero-plugin-s3 lets Velero keep backups in an object store with the API of S3. It takes the place of Velero's own plugin
// for S3, whose module is not served, in the laboratory: it answers to the same provider name and to those of its settings that an
// object store of one's own needs.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/sirupsen/logrus"
	"github.com/vmware-tanzu/velero/pkg/plugin/framework"
)

// Settings of a storage location's `config`, and what Velero adds to them.
const (
	settingRegion      = "region"
	settingURL         = "s3Url"
	settingPathStyle   = "s3ForcePathStyle"
	settingAuthority   = "caCert"
	settingCredentials = "credentialsFile"
	settingEncryption  = "serverSideEncryption"
	settingKey         = "kmsKeyId"
)

// deadline bounds each request, so that a store that does not answer fails a backup instead of stopping it.
const deadline = 5 * time.Minute

// store is a bucket's server.
type store struct {
	log    logrus.FieldLogger
	client *s3.Client
	// By what the store encrypts what is written, and with which of its keys; empty for as it likes.
	encryption types.ServerSideEncryption
	key        *string
}

// version is set by the linker.
var version = "v0.0.0"

func main() {
	// Velero starts its plugins with options of its own.
	if len(os.Args) == 2 && os.Args[1] == "-version" {
		fmt.Println(version)
		return
	}
	framework.NewServer().RegisterObjectStore("velero.io/aws", func(log logrus.FieldLogger) (interface{}, error) {
		return &store{log: log}, nil
	}).Serve()
}

// Init connects to what a storage location declares.
func (s *store) Init(settings map[string]string) error {
	known := []string{settingRegion, settingURL, settingPathStyle, settingAuthority, settingCredentials,
		settingEncryption, settingKey, "bucket", "prefix"}
	if err := framework.ValidateObjectStoreConfigKeys(settings, known...); err != nil {
		return err
	}
	client, err := httpClient(settings[settingAuthority])
	if err != nil {
		return err
	}
	options := []func(*config.LoadOptions) error{config.WithRegion(settings[settingRegion]), config.WithHTTPClient(client)}
	if file := settings[settingCredentials]; file != "" {
		if _, err := os.Stat(file); err != nil {
			return err
		}
		// What a location's own secret holds counts alone, whatever the environment has.
		options = append(options, config.WithSharedCredentialsFiles([]string{file}), config.WithSharedConfigFiles([]string{file}))
	}
	loaded, err := config.LoadDefaultConfig(context.Background(), options...)
	if err != nil {
		return err
	}
	s.encryption = types.ServerSideEncryption(settings[settingEncryption])
	if key := settings[settingKey]; key != "" {
		s.encryption, s.key = types.ServerSideEncryptionAwsKms, aws.String(key)
	}
	s.client = s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.UsePathStyle = settings[settingPathStyle] == "true"
		if url := settings[settingURL]; url != "" {
			o.BaseEndpoint = aws.String(url)
		}
	})
	return nil
}

// httpClient trusts the authority that is given, in PEM, and else what the system trusts.
func httpClient(authority string) (*awshttp.BuildableClient, error) {
	client := awshttp.NewBuildableClient()
	if authority == "" {
		return client, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(authority)) {
		return nil, errors.New("caCert holds no certificate in PEM")
	}
	return client.WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}), nil
}

// PutObject holds the object in memory: a request is signed with its content, and what Velero hands over cannot be read twice.
func (s *store) PutObject(bucket, key string, body io.Reader) error {
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	_, err = s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:               &bucket,
		Key:                  &key,
		Body:                 bytes.NewReader(content),
		ServerSideEncryption: s.encryption,
		SSEKMSKeyId:          s.key,
	})
	return err
}

func (s *store) ObjectExists(bucket, key string) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	_, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	var none *types.NotFound
	if errors.As(err, &none) {
		return false, nil
	}
	return err == nil, err
}

func (s *store) GetObject(bucket, key string) (io.ReadCloser, error) {
	// Velero reads on after the return: it, and not a deadline, ends the request by closing.
	output, err := s.client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	return output.Body, nil
}

func (s *store) ListCommonPrefixes(bucket, prefix, delimiter string) ([]string, error) {
	var prefixes []string
	err := s.list(bucket, prefix, delimiter, func(page *s3.ListObjectsV2Output) {
		for _, each := range page.CommonPrefixes {
			prefixes = append(prefixes, aws.ToString(each.Prefix))
		}
	})
	return prefixes, err
}

func (s *store) ListObjects(bucket, prefix string) ([]string, error) {
	var keys []string
	err := s.list(bucket, prefix, "", func(page *s3.ListObjectsV2Output) {
		for _, each := range page.Contents {
			keys = append(keys, aws.ToString(each.Key))
		}
	})
	return keys, err
}

func (s *store) list(bucket, prefix, delimiter string, each func(*s3.ListObjectsV2Output)) error {
	input := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}
	if delimiter != "" {
		input.Delimiter = &delimiter
	}
	for pages := s3.NewListObjectsV2Paginator(s.client, input); pages.HasMorePages(); {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		page, err := pages.NextPage(ctx)
		cancel()
		if err != nil {
			return fmt.Errorf("listing %s below %q: %w", bucket, prefix, err)
		}
		each(page)
	}
	return nil
}

func (s *store) DeleteObject(bucket, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
	return err
}

// CreateSignedURL makes an address by which a client reads one object, such as the log of a backup, without credentials.
func (s *store) CreateSignedURL(bucket, key string, ttl time.Duration) (string, error) {
	input := &s3.GetObjectInput{Bucket: &bucket, Key: &key}
	request, err := s3.NewPresignClient(s.client).PresignGetObject(context.Background(), input, s3.WithPresignExpires(ttl))
	if err != nil {
		return "", err
	}
	return request.URL, nil
}
