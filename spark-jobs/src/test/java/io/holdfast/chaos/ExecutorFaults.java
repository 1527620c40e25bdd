package io.holdfast.chaos;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Spark's plug-in that makes one task, or its executor, fail. What and when travels with the job,
 * as a local property of the thread that submits it; a file that is created in one step makes sure
 * that it happens once, in whichever process comes first.
 */
public final class ExecutorFaults implements SparkPlugin {
  /** Name of the local property. */
  static final String PROPERTY = "holdfast.chaos.task";

  /** What happens. */
  enum Action {
    /** The task fails after it has computed its result. */
    THROW,
    /** The task's thread is interrupted. */
    INTERRUPT,
    /** The executor's process is gone some time after the task started. */
    HALT,
    /** The executor's process is gone before the task's change of a file of that number. */
    HALT_AT_FILE,
    /** Every first attempt at shard 0 of such a job starts so many milliseconds late. */
    LATE
  }

  /**
   * What one task is to suffer.
   *
   * @param description part of the job's description
   * @param action what happens
   * @param number milliseconds after the task's start, or number of a change
   * @param marker file that is created when it happens; holds the time
   */
  record Fault(String description, Action action, long number, Path marker) {

    static Fault parse(String text) {
      String[] parts = text.split("\\|", -1);
      return new Fault(
          parts[0], Action.valueOf(parts[1]), Long.parseLong(parts[2]), Path.of(parts[3]));
    }

    @Override
    public String toString() {
      return description + "|" + action + "|" + number + "|" + marker;
    }

    boolean concerns(TaskContext task) {
      String job = task.getLocalProperty("spark.job.description");
      return job != null && job.contains(description);
    }
  }

  private static final ThreadLocal<Integer> CHANGES = ThreadLocal.withInitial(() -> 0);

  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> extra) {}

      @Override
      public void onTaskStart() {
        taskStarted();
      }
    };
  }

  private static void taskStarted() {
    CHANGES.set(0);
    Fault fault = fault();
    if (fault == null) {
      return;
    }
    switch (fault.action()) {
      case THROW -> {
        TaskCompletionListener listener =
            task -> {
              if (first(fault.marker())) {
                throw new IllegalStateException("chaos");
              }
            };
        TaskContext.get().addTaskCompletionListener(listener);
      }
      case INTERRUPT -> {
        TaskContext task = TaskContext.get();
        Thread thread = Thread.currentThread();
        later(
            fault.number(),
            () -> {
              // A task that is over already leaves the fault to the next one.
              if (!task.isCompleted() && first(fault.marker())) {
                thread.interrupt();
              }
            });
      }
      case HALT -> {
        if (first(fault.marker())) {
          later(fault.number(), () -> Runtime.getRuntime().halt(137));
        }
      }
      case LATE -> {
        TaskContext task = TaskContext.get();
        if (task.partitionId() == 0 && task.attemptNumber() == 0) {
          sleep(fault.number());
        }
      }
      case HALT_AT_FILE -> {}
    }
  }

  /** Called before a task changes a file. */
  static void fileChanged() {
    Fault fault = fault();
    if (fault == null || fault.action() != Action.HALT_AT_FILE) {
      return;
    }
    CHANGES.set(CHANGES.get() + 1);
    if (CHANGES.get() >= fault.number() && first(fault.marker())) {
      Runtime.getRuntime().halt(137);
    }
  }

  private static Fault fault() {
    TaskContext task = TaskContext.get();
    String text = task.getLocalProperty(PROPERTY);
    if (text == null) {
      return null;
    }
    Fault fault = Fault.parse(text);
    return fault.concerns(task) && !Files.exists(fault.marker()) ? fault : null;
  }

  private static void later(long milliseconds, Runnable action) {
    Thread thread =
        new Thread(
            () -> {
              sleep(milliseconds);
              action.run();
            },
            "chaos");
    thread.setDaemon(true);
    thread.start();
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Creates the marker; whether it was not there. */
  static boolean first(Path marker) {
    try {
      Files.createFile(marker);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
