package io.holdfast.data;

/** What {@link ImportJob} reads. */
public enum ImportFormat {
  /** Comma separated values: numeric features, one label column. */
  CSV,
  /**
   * The IDX files of MNIST and its relatives: unsigned bytes, one file of images and one of labels.
   */
  IDX,
  /** The binary batches of CIFAR-10 and CIFAR-100. */
  CIFAR,
  /** A folder with one sub-folder of PNG or JPEG files per class. */
  IMAGES,
  /** A Parquet table with features or image bytes. */
  PARQUET,
  /** CSV with columns of text. */
  TEXT
}
