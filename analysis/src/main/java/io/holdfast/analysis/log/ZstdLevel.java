package io.holdfast.analysis.log;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.codec.ZstandardCodec;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Gives one Parquet writer a level of zstd. Parquet 1.13 keeps one codec for the whole process, at
 * the level that its first user asked for; a writer takes it when it is made and keeps it.
 */
final class ZstdLevel extends CodecFactory {
  private static final String ZSTD = CompressionCodecName.ZSTD.getHadoopCompressionCodecClassName();

  /** Makes a writer. */
  interface Making<T> {
    T make() throws IOException;
  }

  /** Never called; the superclass has none without arguments. */
  @SuppressWarnings("UnusedMethod")
  private ZstdLevel(Configuration conf) {
    super(conf, 0);
  }

  /** What is made while the codec of the process has another level; it has its own again after. */
  static synchronized <T> T with(int level, Configuration conf, Making<T> making)
      throws IOException {
    Configuration own = new Configuration(conf);
    own.setInt(ZstandardCodec.PARQUET_COMPRESS_ZSTD_LEVEL, level);
    ZstandardCodec codec = new ZstandardCodec();
    codec.setConf(own);
    CompressionCodec before = CODEC_BY_NAME.put(ZSTD, codec);
    try {
      return making.make();
    } finally {
      if (before == null) {
        CODEC_BY_NAME.remove(ZSTD);
      } else {
        CODEC_BY_NAME.put(ZSTD, before);
      }
    }
  }
}
