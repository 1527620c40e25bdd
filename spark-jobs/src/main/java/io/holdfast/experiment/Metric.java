package io.holdfast.experiment;

/** What the tables say about runs, all of the test split. Shares and differences of shares. */
enum Metric {
  /** Of the selected epoch. */
  SELECTED("selected_accuracy", "selected accuracy"),
  /** Of the last epoch. */
  LAST("last_accuracy", "last accuracy"),
  /** Highest of all epochs: chosen on the test split, as the papers report it. */
  BEST("best_test_epoch_accuracy", "best test epoch's accuracy"),
  /** Label among the five largest logits; of the selected epoch. */
  TOP_5("top5_accuracy", "top-5 accuracy"),
  /** Flipping error of the selected epoch. */
  FE("fe", "FE"),
  /** Relative flipping error of the selected epoch. */
  RFE("rfe", "RFE"),
  /** Expected calibration error of the selected epoch, 15 bins of equal width. */
  ECE("ece", "ECE"),
  /** Accuracy of the training passes minus that on the test split; of the selected epoch. */
  GAP("training_minus_test_accuracy", "training minus test"),
  /** Of the averaged softmax outputs of several epochs. */
  ENSEMBLE("ensemble_accuracy", "ensemble accuracy");

  private final String column;
  private final String title;

  Metric(String column, String title) {
    this.column = column;
    this.title = title;
  }

  /** Name in Parquet, CSV and JSON. */
  String column() {
    return column;
  }

  /** Heading in Markdown. */
  String title() {
    return title;
  }
}
