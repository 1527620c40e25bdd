package io.holdfast.analysis.export;

import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;

/** Writes samples, one after the other, to NumPy and CSV files of one directory. */
final class SampleFiles implements Closeable {
  private final NpyFile ids;
  private final NpyFile labels;
  private final NpyFile probabilities;
  private final Writer csv;

  private SampleFiles(
      FileSystem files,
      Path directory,
      Set<LabelExportOptions.Format> formats,
      long samples,
      int classes)
      throws IOException {
    boolean npy = formats.contains(LabelExportOptions.Format.NPY);
    ids =
        npy ? NpyFile.ofLongs(files.create(new Path(directory, "sample_ids.npy")), samples) : null;
    labels = npy ? NpyFile.ofLongs(files.create(new Path(directory, "labels.npy")), samples) : null;
    probabilities =
        npy
            ? NpyFile.ofFloats(
                files.create(new Path(directory, "pred_probs.npy")), samples, classes)
            : null;
    csv =
        formats.contains(LabelExportOptions.Format.CSV)
            ? new BufferedWriter(
                new OutputStreamWriter(
                    files.create(new Path(directory, "samples.csv")), StandardCharsets.UTF_8))
            : null;
    if (csv != null) {
      csv.write("sample_id,label");
      for (int k = 0; k < classes; k++) {
        csv.write(",p_" + k);
      }
      csv.write('\n');
    }
  }

  /**
   * Writes all samples. A task that is repeated writes the same files again.
   *
   * @param rows (sample_id, label, true_label, probabilities)
   */
  static void write(
      Iterator<Row> rows,
      Configuration conf,
      String directory,
      Set<LabelExportOptions.Format> formats,
      long samples,
      int classes)
      throws IOException {
    Path path = new Path(directory);
    try (SampleFiles files =
        new SampleFiles(path.getFileSystem(conf), path, formats, samples, classes)) {
      while (rows.hasNext()) {
        Row row = rows.next();
        files.add(row.getLong(0), row.getInt(1), row.<Float>getList(3));
      }
    }
  }

  private void add(long id, int label, Iterable<Float> row) throws IOException {
    if (ids != null) {
      ids.add(id);
      labels.add((long) label);
      for (float probability : row) {
        probabilities.add(probability);
      }
    }
    if (csv != null) {
      csv.write(id + "," + label);
      for (float probability : row) {
        csv.write("," + probability);
      }
      csv.write('\n');
    }
  }

  @Override
  public void close() throws IOException {
    for (Closeable file : new Closeable[] {ids, labels, probabilities, csv}) {
      if (file != null) {
        file.close();
      }
    }
  }
}
