import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * Hadoop's mini clusters as a process of their own: a NameNode and a DataNode and, where asked for,
 * a ResourceManager and a NodeManager. Run as a source file, with the mini cluster's jars alone on
 * the class path. Lives until its standard input ends.
 *
 * <p>Arguments: directory, port of the NameNode, memory in MiB that YARN may give away or 0 for no
 * YARN. Writes {@code DIRECTORY/conf}, which clients name as {@code HADOOP_CONF_DIR}, and prints
 * {@code started}.
 */
final class MiniHadoop {

  private MiniHadoop() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    int memory = Integer.parseInt(arguments[2]);
    Configuration conf = new Configuration();
    conf.setInt("dfs.replication", 1);
    conf.setInt("dfs.namenode.handler.count", 4);
    conf.setInt("dfs.datanode.handler.count", 4);
    Configuration client = new Configuration(false);
    MiniDFSCluster files =
        new MiniDFSCluster.Builder(conf, directory.resolve("dfs").toFile())
            .nameNodePort(Integer.parseInt(arguments[1]))
            .numDataNodes(1)
            .build();
    client.set("fs.defaultFS", files.getURI().toString());
    client.setInt("dfs.replication", 1);
    MiniYARNCluster yarn = memory > 0 ? yarn(new Configuration(conf), files, memory) : null;
    if (yarn != null) {
      for (String key : new String[] {"address", "scheduler.address", "admin.address", "webapp.address"}) {
        String name = "yarn.resourcemanager." + key;
        client.set(name, yarn.getConfig().get(name));
      }
      client.set("yarn.resourcemanager.hostname", "localhost");
    }
    write(client, directory.resolve("conf"));
    System.out.println("started");
    while (System.in.read() >= 0) {
      // Whoever started this holds the other end.
    }
    if (yarn != null) {
      yarn.stop();
    }
    files.shutdown();
    System.exit(0);
  }

  private static MiniYARNCluster yarn(Configuration conf, MiniDFSCluster files, int memory) {
    conf.set("fs.defaultFS", files.getURI().toString());
    conf.setInt("yarn.nodemanager.resource.memory-mb", memory);
    conf.setInt("yarn.nodemanager.resource.cpu-vcores", 8);
    conf.setInt("yarn.scheduler.minimum-allocation-mb", 256);
    conf.setInt("yarn.scheduler.maximum-allocation-mb", memory);
    conf.set("yarn.scheduler.capacity.root.queues", "default");
    conf.set("yarn.scheduler.capacity.root.default.capacity", "100");
    conf.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1.0");
    conf.setBoolean("yarn.nodemanager.vmem-check-enabled", false);
    conf.setBoolean("yarn.nodemanager.pmem-check-enabled", true);
    conf.setFloat("yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", 100f);
    MiniYARNCluster yarn = new MiniYARNCluster("holdfast", 1, 1, 1);
    yarn.init(conf);
    yarn.start();
    return yarn;
  }

  private static void write(Configuration conf, Path directory) throws Exception {
    Files.createDirectories(directory);
    // Hadoop reads the defaults of HDFS and of YARN after core-site.xml.
    for (String name : new String[] {"core-site.xml", "hdfs-site.xml", "yarn-site.xml"}) {
      try (OutputStream out = Files.newOutputStream(directory.resolve(name))) {
        conf.writeXml(out);
      }
    }
  }
}
